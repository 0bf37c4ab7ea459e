import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RULES_MAX } from '../../libs/config/npd/checks.ts'
import { FILES_MAX } from '../../libs/config/schema/npd.ts'
import { BYTES_MAX } from '../../libs/config/tree/read-file.ts'
import { MESSAGE_BYTES } from '../../libs/host/logs/journal/journal.ts'
import { LINE_BYTES } from '../../libs/host/logs/tail.ts'
import { DEFAULT_OUTPUT_BYTES } from '../../libs/host/programs/plugin.ts'
import { MAX_VERBATIM_BYTES } from '../../libs/model/index.ts'
import { CONDITIONS_MAX } from '../../libs/monitor-kit/conditions-room.ts'
import { MAX_SERIES_PER_MONITOR } from '../../services/http-exporter/metrics/sample-table.ts'
import { MAX_SERIES } from '../../services/http-exporter/npd/series.ts'
import { TEXTS_AT_ONCE, TEXTS_PER_SECOND } from '../../services/monitors/log/reading/allowance.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const count = (value: number) => value.toLocaleString('en-US')
const bytes = (value: number) => (value >= 1 << 20 ? `${value / (1 << 20)} MiB` : `${value / 1024} KiB`)

it('the limits of files of node-problem-detector are those that their page says', async () => {
  const page = await readFile(join(ROOT, 'docs/node-problem-detector.md'), 'utf8')
  const [, section = ''] = page.split('\n## Limits\n')
  const rows = section.split('\n').filter((line) => /^\| (?!What)/.test(line))
  expect([LINE_BYTES, MAX_SERIES]).toEqual([MESSAGE_BYTES, MAX_SERIES_PER_MONITOR])
  expect(rows).toEqual([
    `| files of each kind; a file; its rules | ${count(FILES_MAX)}; ${bytes(BYTES_MAX)}; ${count(RULES_MAX)} |`,
    `| texts of one rule | ${TEXTS_PER_SECOND} of each second of the log, ${count(TEXTS_AT_ONCE)} of a backlog at once; the rest is counted (\`problem_counter\` counts all) |`,
    `| a line | ${bytes(LINE_BYTES)}, the rest is cut; a message ${bytes(MAX_VERBATIM_BYTES)} |`,
    `| conditions of one file; those of a log that are True and kept over a restart | ${count(CONDITIONS_MAX)}; all |`,
    `| series of metrics of one monitor | ${count(MAX_SERIES)} |`,
    `| output of a plug-in | the first ${count(DEFAULT_OUTPUT_BYTES)} bytes of each pipe, cut to \`max_output_length\` |`,
  ])
})
