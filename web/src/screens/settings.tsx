// The settings: the document in force and changing it, its history, and what it means for a key.
import Button from "@cloudscape-design/components/button";
import Tabs from "@cloudscape-design/components/tabs";
import type { ReactNode } from "react";

import { api, ApiError, dataOf } from "../api/client";
import type { LineProblem, StoredSettings } from "../api/settings_calls";
import { useAccountQuery } from "../live";
import { Page } from "../parts/page";
import { Loaded } from "../parts/states";
import { useReader } from "../preferences";
import { go, useAddress } from "../router";
import { parseSettings, SETTINGS_TABS, settingsHref, type SettingsTab } from "../url_account";
import { SettingsDocument } from "./settings_document";
import { SettingsHistory } from "./settings_history";
import { SettingsMeaning } from "./settings_meaning";

function useSettings() {
  return useAccountQuery<StoredSettings>(["settings"], async (signal) => {
    try {
      const stored = await dataOf(api.GET("/api/v1/settings", { signal }));
      const { problems } = stored as { problems?: LineProblem[] };
      return { eTag: stored.eTag, settings: stored.settings ?? {}, problems: problems ?? [] };
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.status !== 404) throw problem;
      return { eTag: undefined, settings: { schema: 1 }, problems: [] };
    }
  });
}

export default function Settings() {
  const { t, f } = useReader();
  const { query: said } = useAddress();
  const view = parseSettings(said);
  const query = useSettings();
  const s = t.settings;
  const tab = (id: SettingsTab, content: ReactNode) => ({ id, label: s.tabs[id], content });
  return (
    <Page title={s.title} description={t.range.shown(f.zoneName())} help={s} actions={
      <Button iconName="refresh" onClick={() => void query.refetch()} loading={query.isFetching}>{t.list.refresh}</Button>
    }>
      <Tabs
        ariaLabel={s.title}
        activeTabId={view.tab}
        onChange={({ detail }) => {
          const next = SETTINGS_TABS.find((one) => one === detail.activeTabId);
          if (next) go(settingsHref({ ...view, tab: next }));
        }}
        tabs={[
          tab("document", <Loaded query={query}>{(stored) => <SettingsDocument stored={stored} />}</Loaded>),
          tab("history", <Loaded query={query}>{(stored) => <SettingsHistory stored={stored} />}</Loaded>),
          tab("policy", <SettingsMeaning view={view} />),
        ]}
      />
    </Page>
  );
}
