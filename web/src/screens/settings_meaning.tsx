import FormField from "@cloudscape-design/components/form-field";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { api, dataOf } from "../api/client";
import { useAccountQuery } from "../live";
import { Filters, TextFilter } from "../parts/filters";
import { Exact } from "../parts/marks";
import { Loaded } from "../parts/states";
import { useReader } from "../preferences";
import { go } from "../router";
import { settingsHref, type SettingsView } from "../url_account";

function Policy({ bucket, objectKey }: { bucket: string; objectKey: string }) {
  const { t } = useReader();
  const query = useAccountQuery(["policy", bucket, objectKey], (signal) => dataOf(api.GET("/api/v1/settings/policy", {
    signal, params: { query: { bucket, ...(objectKey && { key: objectKey }) } } })));
  const s = t.settings;
  return (
    <Loaded query={query}>
      {({ policy, scanned, region }) => (
        <SpaceBetween size="m">
          <KeyValuePairs columns={3} items={[
            { label: s.scanned, value: <StatusIndicator type={scanned ? "success" : "warning"}>
              {scanned ? s.isScanned : s.isNotScanned}</StatusIndicator> },
            { label: t.buckets.region, value: region },
          ]} />
          <FormField label={s.policy}><Exact>{JSON.stringify(policy, null, 2)}</Exact></FormField>
        </SpaceBetween>
      )}
    </Loaded>
  );
}

/** What holds for an object of this bucket and key. */
export function SettingsMeaning({ view }: { view: SettingsView }) {
  const { t } = useReader();
  const s = t.settings;
  return (
    <SpaceBetween size="l">
      <Filters>
        <TextFilter label={t.buckets.bucket} value={view.bucket}
          onChange={(bucket) => go(settingsHref({ ...view, bucket }))} />
        <TextFilter label={s.key} hint={s.keyHint} value={view.key} onChange={(key) => go(settingsHref({ ...view, key }))} />
      </Filters>
      {view.bucket ? <Policy bucket={view.bucket} objectKey={view.key} />
        : <div>{s.nameABucket}</div>}
    </SpaceBetween>
  );
}
