// The one stream of what happens on all phones; it comes back by itself after a break.

const NAMES = ["message", "edited", "deleted", "typing", "toast", "commands", "keyboard", "phone", "blocked", "reset"];
const FIRST_PAUSE = 1000, LONGEST_PAUSE = 8000; // ms

/**
 * onOpen is called after every (re)connection: load everything then. The stream alone would not do, because a sandbox
 * that was restarted counts its events from one again.
 */
export function follow({ onEvent, onOpen, onLost }) {
  let pause = FIRST_PAUSE;

  function open() {
    const source = new EventSource("/sandbox/events");
    source.onopen = () => {
      pause = FIRST_PAUSE;
      onOpen();
    };
    source.onerror = () => {
      onLost();
      // Browsers try again by themselves, except after an answer that was not a stream (a proxy's 502, say).
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(open, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
    for (const name of NAMES) source.addEventListener(name, (event) => onEvent(name, JSON.parse(event.data)));
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  addEventListener("pageshow", (event) => event.persisted && location.reload());
  open();
}
