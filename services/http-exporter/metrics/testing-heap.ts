/**
 * A process of its own, started with the heap of the http-exporter's container: everything that the service loads, as many
 * series of plug-ins as come, and scrapes at once. Its words: plug-ins, "own" or "shared" names. Tells what came out as JSON.
 */
import { gunzipSync } from 'node:zlib'
import { createMetrics, systemClock } from '#service'
import { renderNodeView } from '#view'
import { NOW, someFacts } from '../../../libs/view/testing.ts'
import type { Answer } from '../http/answer.ts'
import { createHandlers } from '../http/handlers.ts'
import '../service.ts'
import { createSampleTable, MAX_SERIES_PER_MONITOR } from './sample-table.ts'
import { renderScrape } from './scrape.ts'

/** Scrapes at once, and how often. */
const AT_ONCE = 10
const ROUNDS = 2

const [plugins = '0', names = 'own'] = process.argv.slice(2)
const samples = createSampleTable()
let refused = 0
for (let plugin = 0; plugin < Number(plugins); plugin++) {
  const told = Array.from({ length: MAX_SERIES_PER_MONITOR }, (_, i) => ({
    name: names === 'own' ? `vendor${plugin}_reading${i}_celsius` : 'vendor_reading_celsius',
    labels: { device: `/dev/disk/by-path/pci-0000:00:1f.2-ata-${i}`, direction: 'read' },
    value: i + 0.5,
  }))
  refused += samples.take(`vendor-plugin-${plugin}`, told, 0)
}

const view = renderNodeView(someFacts(), NOW)
let renders = 0
const unused = () => {
  throw new Error('not asked for here')
}
const handlers = createHandlers({
  clock: systemClock(),
  view: () => view,
  uses: unused,
  events: unused,
  repairs: unused,
  history: unused,
  readiness: unused,
  awaited: () => '',
  page: undefined,
  metrics: () => {
    renders++
    return renderScrape({
      namespace: 'node_doctor',
      labels: {},
      service: 'http-exporter',
      metrics: createMetrics(),
      view,
      heartbeatAgeMs: 0,
      samples,
      described: () => undefined,
      monotonicMs: 0,
    })
  },
})

/** Of plug-ins; looked for in the bytes, since the text as a whole would be beyond what the service itself needs. */
function seriesIn({ body, packed }: Answer): number {
  if (typeof body === 'string') throw new Error('a scrape is bytes')
  const bytes = packed === true ? gunzipSync(body) : Buffer.from(body)
  let count = 0
  for (let at = bytes.indexOf('\nnode_doctor_vendor'); at >= 0; at = bytes.indexOf('\nnode_doctor_vendor', at + 1))
    count++
  return count
}

const bodies = new Set<string | Uint8Array>()
let series = 0
for (let round = 0; round < ROUNDS; round++) {
  const question = { query: {}, accept: '*/*' }
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => handlers['prometheus-metrics'](question)),
  )
  for (const { body } of answers) bodies.add(body)
  series = answers[0] === undefined ? 0 : seriesIn(answers[0])
}
process.stdout.write(`${JSON.stringify({ series, refused, renders, bodies: bodies.size })}\n`)
