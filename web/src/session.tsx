// Who has signed in. Its secret is a cookie that no script can read; what requests need beside it is in memory alone.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

import { api, ApiError, dataOf, signedOut, carryCsrfToken as carry } from "./api/client";
import type { Session } from "./api/documents";

export type Presence =
  | { kind: "asking" }
  | { kind: "nobody"; setupIsNeeded: boolean; hasEnded: boolean }
  | { kind: "unreachable"; problem: ApiError }
  | { kind: "somebody"; session: Session };

interface Access {
  presence: Presence;
  ask(): Promise<void>;
  signIn(name: string, password: string, code: string): Promise<void>;
  makeFirstPerson(token: string, name: string, password: string): Promise<void>;
  signOut(): Promise<void>;
}

const AccessContext = createContext<Access | null>(null);

export function useAccess(): Access {
  const access = useContext(AccessContext);
  if (!access) throw new Error("useAccess: there is no AccessProvider above");
  return access;
}

/** The session of a page that only those see who have one. */
export function useSession(): Session {
  const { presence } = useAccess();
  if (presence.kind !== "somebody") throw new Error("useSession: nobody has signed in");
  return presence.session;
}

const ROLES = ["viewer", "operator", "admin"] as const;

/** Whether who reads this may do what needs `role`. What they may not do is not offered to them. */
export function useMay(role: (typeof ROLES)[number]): boolean {
  return ROLES.indexOf(useSession().role) >= ROLES.indexOf(role);
}

async function lookWhoIsThere(): Promise<Presence> {
  try {
    return { kind: "somebody", session: await dataOf(api.GET("/api/v1/session")) };
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    if (problem.status !== 401) return { kind: "unreachable", problem };
  }
  try {
    const { needed } = await dataOf(api.GET("/api/v1/setup"));
    return { kind: "nobody", setupIsNeeded: needed, hasEnded: false };
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    return { kind: "unreachable", problem };
  }
}

export function AccessProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [presence, setPresence] = useState<Presence>({ kind: "asking" });

  const enter = useCallback((next: Presence) => {
    carry(next.kind === "somebody" ? next.session.csrf : null);
    // What one person was shown is not for the next.
    if (next.kind !== "somebody") client.clear();
    setPresence(next);
  }, [client]);

  const ask = useCallback(async () => {
    setPresence({ kind: "asking" });
    enter(await lookWhoIsThere());
  }, [enter]);

  useEffect(() => {
    void ask();
  }, [ask]);

  useEffect(() => {
    const leave = () => enter({ kind: "nobody", setupIsNeeded: false, hasEnded: true });
    signedOut.addEventListener("end", leave);
    return () => signedOut.removeEventListener("end", leave);
  }, [enter]);

  const access = useMemo<Access>(() => {
    const signIn = async (name: string, password: string, code: string) => {
      const body = code ? { name, password, code } : { name, password };
      enter({ kind: "somebody", session: await dataOf(api.POST("/api/v1/session", { body })) });
    };
    return {
      presence,
      ask,
      signIn,
      makeFirstPerson: async (token, name, password) => {
        await dataOf(api.POST("/api/v1/setup", { body: { token, name, password } }));
        await signIn(name, password, "");
      },
      signOut: async () => {
        await dataOf(api.DELETE("/api/v1/session")).catch((problem: unknown) => {
          if (!(problem instanceof ApiError && problem.status === 401)) throw problem; // It had ended already.
        });
        enter({ kind: "nobody", setupIsNeeded: false, hasEnded: false });
      },
    };
  }, [presence, ask, enter]);
  return <AccessContext.Provider value={access}>{children}</AccessContext.Provider>;
}
