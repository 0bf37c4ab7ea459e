/** /metrics: the node, this exporter's own registry, and what monitors and services told. */
import { setImmediate } from 'node:timers/promises'
import {
  isProcessMetric,
  labelText,
  type MetricFamily,
  type Metrics,
  type PlainFamily,
  plainLines,
  readFamilies,
  readTold,
  renderFamilies,
} from '#service'
import type { NodeView } from '#view'
import { nodeFamilies } from './node-families.ts'
import { createPacking, type Written } from './packing.ts'
import { createSampleTable, type Described, type SampleTable } from './sample-table.ts'

/** Text is turned into bytes, and others have their turn, each time so much is written. */
const PIECE = 128 * 1024

export interface Scrape {
  readonly namespace: string
  /** Of every metric, beside its own. */
  readonly labels: Readonly<Record<string, string>>
  /** Of this service, by which its process is called. */
  readonly service: string
  readonly metrics: Metrics
  readonly view: NodeView
  /** Undefined before the first heartbeat. */
  readonly heartbeatAgeMs: number | undefined
  readonly samples: SampleTable
  readonly described: Described
  readonly monotonicMs: number
}

function plain({ name, help, type, values }: MetricFamily): PlainFamily[] {
  if (type === 'histogram') return []
  return [{ name, help, type, values: values.map(({ labels, value }) => ({ labels: labelText(labels), value })) }]
}

/** What monitors and services told, and the cost of this process among that of the others. */
async function toldFamilies(scrape: Scrape): Promise<Iterable<PlainFamily>> {
  const { service, metrics, view, samples, described, monotonicMs } = scrape
  const { samples: own, described: said } = await readTold(metrics)
  // What monitors said last is no news once nobody vouches for it.
  const told = view.detector.state === 'stale' ? createSampleTable() : samples
  const cost = own.filter(({ name }) => isProcessMetric(name))
  told.take(service, cost, monotonicMs, said)
  return told.families(monotonicMs, described)
}

/** Names are valid, each once, whatever was told. */
export async function renderScrape(scrape: Scrape): Promise<Written> {
  const { namespace, labels, metrics, view, heartbeatAgeMs } = scrape
  const packing = createPacking()
  let isFirst = true
  async function write(lines: Iterable<string>): Promise<void> {
    let text = isFirst ? '' : '\n'
    isFirst = false
    for (const line of lines) {
      text += line
      if (text.length < PIECE) continue
      await packing.add(Buffer.from(text))
      text = ''
      await setImmediate()
    }
    if (text.length > 1) await packing.add(Buffer.from(text))
  }
  await write(plainLines(namespace, nodeFamilies(view, heartbeatAgeMs).flatMap(plain), labels))
  const own = (await readFamilies(metrics)).filter(({ name }) => !isProcessMetric(name))
  await write([await renderFamilies(namespace, own, labels)])
  await write(plainLines(namespace, await toldFamilies(scrape), labels))
  return packing.end()
}
