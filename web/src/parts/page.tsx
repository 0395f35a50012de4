// What every page has: the navigation, its heading, its help, what it has to say, and a panel for one row.
import AppLayout from "@cloudscape-design/components/app-layout";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import HelpPanel from "@cloudscape-design/components/help-panel";
import Link from "@cloudscape-design/components/link";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import SplitPanel from "@cloudscape-design/components/split-panel";
import { useEffect, useState, type ReactNode } from "react";

import { Messages } from "../messages";
import { useReader } from "../preferences";
import { useAddress } from "../router";

export interface Panel {
  header: string;
  content: ReactNode;
  close(): void;
}

interface PageProps {
  title: string;
  description?: string;
  help: { use: string; computed: string };
  actions?: ReactNode;
  panel?: Panel;
  children: ReactNode;
}

const SECTIONS = [
  ["findings", [["dashboard", "/"], ["problems", "/problems"], ["results", "/results"], ["agents", "/agents"]]],
  ["account", [["buckets", "/buckets"], ["quarantine", "/quarantine"], ["letters", "/letters"],
    ["signatures", "/signatures"], ["jobs", "/jobs"], ["settings", "/settings"]]],
] as const;

function Navigation() {
  const { t } = useReader();
  const { path } = useAddress();
  return (
    <SideNavigation
      activeHref={path}
      header={{ href: "/", text: t.nav.label }}
      items={SECTIONS.map(([section, pages]) => ({
        type: "section-group" as const,
        title: t.nav[section],
        items: pages.map(([name, href]) => ({ type: "link" as const, text: t.nav[name], href })),
      }))}
    />
  );
}

function Help({ title, use, computed }: { title: string; use: string; computed: string }) {
  const { t } = useReader();
  return (
    <HelpPanel header={<h2>{title}</h2>}>
      <h3>{t.layout.use}</h3>
      <p>{use}</p>
      <h3>{t.layout.computed}</h3>
      <p>{computed}</p>
    </HelpPanel>
  );
}

export function Page({ title, description, help, actions, panel, children }: PageProps) {
  const { t } = useReader();
  const [helpIsOpen, setHelpIsOpen] = useState(false);
  const [navigationIsOpen, setNavigationIsOpen] = useState(() => window.innerWidth > 1100);
  const [panelSize, setPanelSize] = useState(360);
  useEffect(() => {
    document.title = `${title} · ${t.product}`;
  }, [title, t]);
  return (
    <AppLayout
      headerSelector="#top"
      ariaLabels={{
        navigation: t.layout.navigation, navigationClose: t.layout.closeNavigation,
        navigationToggle: t.layout.openNavigation, notifications: t.layout.notifications,
        tools: t.layout.help, toolsClose: t.layout.closeHelp, toolsToggle: t.layout.openHelp,
      }}
      navigation={<Navigation />}
      navigationOpen={navigationIsOpen}
      onNavigationChange={({ detail }) => setNavigationIsOpen(detail.open)}
      notifications={<Messages />}
      tools={<Help title={title} {...help} />}
      toolsOpen={helpIsOpen}
      onToolsChange={({ detail }) => setHelpIsOpen(detail.open)}
      splitPanel={panel && (
        <SplitPanel
          header={panel.header}
          closeBehavior="hide"
          hidePreferencesButton
          i18nStrings={{ closeButtonAriaLabel: t.list.close, openButtonAriaLabel: t.list.open,
            resizeHandleAriaLabel: t.list.resize }}
        >
          {panel.content}
        </SplitPanel>
      )}
      splitPanelOpen={panel !== undefined}
      splitPanelPreferences={{ position: "bottom" }}
      splitPanelSize={panelSize}
      onSplitPanelResize={({ detail }) => setPanelSize(detail.size)}
      onSplitPanelToggle={({ detail }) => {
        if (!detail.open) panel?.close();
      }}
      content={
        <ContentLayout
          header={
            <Header
              variant="h1"
              description={description}
              actions={actions}
              info={
                <Link variant="info" ariaLabel={t.layout.infoAbout(title)} onFollow={() => setHelpIsOpen(true)}>
                  {t.layout.info}
                </Link>
              }
            >
              {title}
            </Header>
          }
        >
          {children}
        </ContentLayout>
      }
    />
  );
}
