// The agents that pages look at. On its own: the dashboard needs them, and not what the page of agents shows them with.
import { api, dataOf } from "./api/client";
import type { Agent } from "./api/documents";
import { rowsOf } from "./api/rows";
import { useLiveQuery } from "./live";

const MOST = 10_000;

/** Every agent that is known. */
export function useAgents() {
  return useLiveQuery(["agents"], (signal) =>
    rowsOf<Agent>(MOST, async (limit, cursor) => {
      const { items, next } = await dataOf(api.GET("/api/v1/agents", {
        signal, params: { query: { limit, ...(cursor && { cursor }) } },
      }));
      return { items: items as Agent[], next };
    }));
}
