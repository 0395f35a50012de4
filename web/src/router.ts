// The address is the state: what a person sees can be sent to somebody else, and Back goes back. That needs
// three things of a router, which are here.
import { useMemo, useSyncExternalStore } from "react";

const CHANGED = "cordon:address";

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(CHANGED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(CHANGED, listener);
  };
}

/** Where we are: the path, and what the query says. */
export function useAddress(): { path: string; query: URLSearchParams } {
  const path = useSyncExternalStore(subscribe, () => window.location.pathname);
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  const query = useMemo(() => new URLSearchParams(search), [search]);
  return { path, query };
}

/** Goes to another address of ours; `replace`: Back does not lead here again. */
export function go(href: string, how: "push" | "replace" = "push"): void {
  if (how === "push") window.history.pushState(null, "", href);
  else window.history.replaceState(null, "", href);
  window.dispatchEvent(new Event(CHANGED));
}

/** Links of ours are followed without loading the page anew. */
export function followLinks(root: Document): void {
  root.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.target === "_blank" || link.download) return;
    if (link.origin !== window.location.origin || link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
