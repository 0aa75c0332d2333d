"""Agencies (a tree) and places. `path` is "/1/5/9/": a descendant's path begins with its ancestor's."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Id


class Level(StrEnum):
    CENTRAL = "central"  # ministries, government agencies
    PROVINCE = "province"
    COMMUNE = "commune"
    PRESS = "press"  # newspapers, radio, television


class Province(Base):
    __tablename__ = "province"
    code: Mapped[str] = mapped_column(String(8), primary_key=True)  # statistical code, "01" = Hà Nội
    name: Mapped[str]
    short_name: Mapped[str]
    folded: Mapped[str]  # lower case without diacritics, for typed input
    former: Mapped[str] = mapped_column(default="")  # folded names of the provinces merged into it in 2025, "|"-joined


class Commune(Base):
    __tablename__ = "commune"
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    province_code: Mapped[str] = mapped_column(ForeignKey("province.code"), index=True)
    name: Mapped[str]
    folded: Mapped[str]


class Agency(Base):
    __tablename__ = "agency"
    __table_args__ = (Index("ix_agency_path", "path"),)
    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[str | None]
    folded: Mapped[str]
    level: Mapped[str] = mapped_column(String(16))  # Level
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    path: Mapped[str] = mapped_column(default="")  # set when the id is known
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    closed_at: Mapped[datetime | None]
