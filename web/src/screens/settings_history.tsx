import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import { rowsOf } from "../api/rows";
import type { StoredSettings } from "../api/settings_calls";
import { useAccountQuery } from "../live";
import { Difference } from "../parts/difference";
import { Exact, Instant } from "../parts/marks";
import { Empty, Loaded } from "../parts/states";
import { useReader } from "../preferences";
import { useMay } from "../session";
import { textOfSettings } from "../settings_text";
import { ApplySettings } from "./apply_settings";

const VERSIONS_MOST = 200;

function useVersion(version: string) {
  return useAccountQuery(["settings version", version], (signal) =>
    dataOf(api.GET("/api/v1/settings/history/{version}", { signal, params: { path: { version } } })));
}

// A version beside what is in force; `act` shows the question that rolls back to it.
function Version({ version, act, stored, close }:
    { version: string; act: "compare" | "roll back"; stored: StoredSettings; close(): void }) {
  const { t } = useReader();
  const query = useVersion(version);
  const s = t.settings;
  const text = query.data?.settings === undefined ? undefined : textOfSettings(query.data.settings);
  if (act === "roll back" && text !== undefined) {
    return <ApplySettings title={s.rollBackTitle} text={text} over={stored} close={close} settle={() => undefined} />;
  }
  return (
    <Modal visible size="large" header={s.compared} closeAriaLabel={t.ask.cancel} onDismiss={close}>
      <Loaded query={query}>
        {(old) => (old.settings === undefined ? <>{s.versionIsRefused}</>
          : <Difference before={textOfSettings(old.settings)} after={textOfSettings(stored.settings)} />)}
      </Loaded>
    </Modal>
  );
}

export function SettingsHistory({ stored }: { stored: StoredSettings }) {
  const { t, f } = useReader();
  const mayChange = useMay("admin");
  const [shown, setShown] = useState<{ version: string; act: "compare" | "roll back" }>();
  const query = useAccountQuery(["settings history"], (signal) =>
    rowsOf(VERSIONS_MOST, (limit, cursor) => dataOf(api.GET("/api/v1/settings/history", {
      signal, params: { query: { limit, ...(cursor && { cursor }) } } }))));
  const s = t.settings;
  return (
    <Loaded query={query}>
      {({ rows, hasMore }) => (
        <SpaceBetween size="m">
          <Table
            variant="embedded"
            wrapLines
            items={rows}
            trackBy="versionId"
            ariaLabels={{ tableLabel: s.tabs.history }}
            empty={<Empty title={s.noHistory} text={s.none} />}
            columnDefinitions={[
              { id: "modified", header: s.modified, isRowHeader: true, minWidth: 170,
                cell: ({ modified, current }) => <><Instant iso={modified} />{current && ` (${s.inForce})`}</> },
              { id: "size", header: s.size, minWidth: 120, cell: ({ size }) => f.bytes(size) },
              { id: "version", header: t.evidence.version, minWidth: 220, cell: ({ versionId }) => <Exact>{versionId}</Exact> },
              { id: "act", header: s.act, minWidth: 220, cell: ({ versionId, current, modified }) => !current && (
                <SpaceBetween direction="horizontal" size="xs">
                  <Button ariaLabel={`${s.compare}: ${f.instant(modified)}`}
                    onClick={() => setShown({ version: versionId, act: "compare" })}>{s.compare}</Button>
                  {mayChange && (
                    <Button ariaLabel={`${s.rollBack}: ${f.instant(modified)}`}
                      onClick={() => setShown({ version: versionId, act: "roll back" })}>{s.rollBack}</Button>
                  )}
                </SpaceBetween>
              ) },
            ]}
          />
          {hasMore && <div>{s.newestOnly(f.whole(rows.length))}</div>}
          {shown && <Version key={shown.version + shown.act} {...shown} stored={stored} close={() => setShown(undefined)} />}
        </SpaceBetween>
      )}
    </Loaded>
  );
}
