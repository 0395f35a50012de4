import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";

import { ApiError } from "./api/client";
import type { Session } from "./api/documents";
import { useLive } from "./live";
import { useTell } from "./messages";
import { textOfProblem } from "./parts/states";
import { LANGUAGES, THEMES, useReader, type Language, type Theme } from "./preferences";
import { useAccess } from "./session";

function usePreferencesMenu(): TopNavigationProps.MenuDropdownUtility {
  const { t, language, theme, setLanguage, setTheme } = useReader();
  return {
    type: "menu-dropdown",
    iconName: "settings",
    ariaLabel: t.top.preferences,
    title: t.top.preferences,
    items: [
      { id: "theme", text: t.top.theme, items: THEMES.map((one) => ({
        id: `theme:${one}`, itemType: "checkbox" as const, checked: one === theme, text: t.top.themes[one] })) },
      { id: "language", text: t.top.languages, items: Object.entries(LANGUAGES).map(([name, text]) => ({
        id: `language:${name}`, itemType: "checkbox" as const, checked: name === language, text })) },
    ],
    onItemClick: ({ detail }) => {
      const [what, value] = detail.id.split(":");
      if (what === "theme") setTheme(value as Theme);
      if (what === "language") setLanguage(value as Language);
    },
  };
}

export function TopBar({ session }: { session: Session }) {
  const { t, f } = useReader();
  const { isLive, toggle } = useLive();
  const { signOut } = useAccess();
  const tell = useTell();
  const leave = () => {
    signOut().catch((problem: unknown) => {
      tell("error", problem instanceof ApiError ? textOfProblem(problem, t, f) : String(problem));
    });
  };
  const preferences = usePreferencesMenu();
  return (
    <div id="top">
      <TopNavigation
        identity={{ href: "/", title: t.product }}
        utilities={[
          {
            type: "button",
            variant: "link",
            iconSvg: <LiveIcon isLive={isLive} />,
            text: isLive ? t.top.live : t.top.paused,
            ariaLabel: isLive ? t.top.pause : t.top.resume,
            title: isLive ? t.top.pause : t.top.resume,
            disableUtilityCollapse: true,
            onClick: toggle,
          },
          preferences,
          {
            type: "menu-dropdown",
            text: session.name,
            description: t.top.roles[session.role],
            ariaLabel: t.top.account(session.name),
            iconName: "user-profile",
            items: [{ id: "out", text: t.top.signOut }],
            onItemClick: leave,
          },
        ]}
        i18nStrings={{ overflowMenuTriggerText: t.top.more, overflowMenuTitleText: t.top.more }}
      />
    </div>
  );
}

// Filled: live. Two bars: paused.
function LiveIcon({ isLive }: { isLive: boolean }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {isLive ? <circle cx="8" cy="8" r="4" className="filled" /> : <path d="M5 3v10M11 3v10" />}
    </svg>
  );
}
