import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";

import { Page } from "../parts/page";
import { useReader } from "../preferences";

export default function NotFound() {
  const { t } = useReader();
  const help = { use: t.states.notFoundText, computed: t.states.notFoundText };
  return (
    <Page title={t.states.notFound} help={help}>
      <Box>
        <p>{t.states.notFoundText}</p>
        <Link href="/">{t.states.home}</Link>
      </Box>
    </Page>
  );
}
