import { lazy, Suspense, type ComponentType } from "react";

import { LiveProvider } from "./live";
import { MessagesProvider } from "./messages";
import { Broken } from "./parts/broken";
import { Waiting } from "./parts/states";
import { ReaderProvider } from "./preferences";
import { useAddress } from "./router";
import { AccessProvider, useAccess } from "./session";
import { TopBar } from "./top_bar";

// A page is loaded when somebody goes there: charts weigh as much as everything else.
const SCREENS: Record<string, ComponentType> = {
  "/": lazy(() => import("./screens/dashboard")),
  "/problems": lazy(() => import("./screens/problems")),
  "/results": lazy(() => import("./screens/results")),
  "/agents": lazy(() => import("./screens/agents")),
  "/letters": lazy(() => import("./screens/letters")),
  "/signatures": lazy(() => import("./screens/signatures")),
  "/jobs": lazy(() => import("./screens/jobs")),
  "/settings": lazy(() => import("./screens/settings")),
  "/quarantine": lazy(() => import("./screens/quarantine")),
  "/buckets": lazy(() => import("./screens/buckets")),
};

const NotFound = lazy(() => import("./screens/not_found"));
const Entrance = lazy(() => import("./screens/entrance"));

function Screen() {
  const { path } = useAddress();
  const Found = SCREENS[path] ?? NotFound;
  return (
    <Broken key={path}>
      <Suspense fallback={<Waiting />}>
        <Found />
      </Suspense>
    </Broken>
  );
}

function Doors() {
  const { presence } = useAccess();
  if (presence.kind === "asking") return <main className="entrance"><Waiting /></main>;
  if (presence.kind !== "somebody") {
    return <Suspense fallback={<Waiting />}><Entrance presence={presence} /></Suspense>;
  }
  return (
    <>
      <TopBar session={presence.session} />
      <Screen />
    </>
  );
}

export function App() {
  return (
    <ReaderProvider>
      <LiveProvider>
        <AccessProvider>
          <MessagesProvider>
            <Doors />
          </MessagesProvider>
        </AccessProvider>
      </LiveProvider>
    </ReaderProvider>
  );
}
