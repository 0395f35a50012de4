import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { useReader } from "../preferences";

/** What does the same in a shell, ready to be copied. */
export function Command({ label, children }: { label: string; children: string }) {
  const { t } = useReader();
  return (
    <SpaceBetween size="xxs">
      <Box variant="awsui-key-label">{label}</Box>
      <code className="exact">{children}</code>
      <CopyToClipboard
        textToCopy={children}
        copyButtonText={t.list.copy}
        copySuccessText={t.list.copied}
        copyErrorText={t.list.notCopied}
      />
    </SpaceBetween>
  );
}
