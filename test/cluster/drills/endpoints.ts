/** Every endpoint of the http-exporter, asked on a node as page, probes and Prometheus ask it. */
import { HANDLERS } from '#config'
import { nodeInside, PAGE_PORT } from '../agent.ts'
import { check, podOf } from '../cluster.ts'
import type { Drill } from '../drill.ts'

/** Of the shipped configuration: where is scraped. */
const METRICS_PORT = 9101
const GIVE_UP_MS = 10_000

/** What stands in each answer, whatever the node is like. */
const HAS: Readonly<Record<keyof typeof HANDLERS, string>> = {
  page: '<!doctype html',
  'overall-health': '"status"',
  liveness: '',
  readiness: '',
  'detailed-status': '"verdict"',
  conditions: '"conditions"',
  events: '"events"',
  history: '"lanes"',
  'prometheus-metrics': '# TYPE node_doctor_',
  'remediation-history': '[',
  stream: 'data: {"kind":"node"',
}

interface Question {
  readonly url: string
  readonly has: string
}

interface Asked {
  readonly status: number
  readonly isThere: boolean
  /** How it begins. */
  readonly text: string
}

/** Runs inside the container: asks what its argument says, and prints what came. Of a stream it waits for what is asked for. */
const PROGRAM = `
const found = []
for (const { url, has } of JSON.parse(process.argv[1])) {
  const headers = { accept: url.endsWith('/') ? 'text/html' : '*/*' }
  const stop = new AbortController()
  const answer = await fetch(url, { headers, signal: AbortSignal.any([stop.signal, AbortSignal.timeout(${GIVE_UP_MS})]) })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body) {
    text += decoder.decode(chunk, { stream: true })
    if (has !== '' && text.toLowerCase().includes(has.toLowerCase())) break
  }
  stop.abort()
  found.push({ status: answer.status, isThere: text.toLowerCase().includes(has.toLowerCase()), text: text.slice(0, 200) })
}
process.stdout.write(JSON.stringify(found))`

function ask(node: string, questions: readonly Question[]): void {
  const answers = JSON.parse(nodeInside(node, 'http-exporter', PROGRAM, JSON.stringify(questions))) as Asked[]
  check('every question has an answer', answers.length === questions.length)
  for (const [index, { status, isThere, text }] of answers.entries()) {
    const { url, has } = questions[index] ?? { url: '', has: '' }
    // A node that is not well answers so that a probe sees it.
    const isAnswer = status === 200 || (status === 503 && url.endsWith(HANDLERS['overall-health']))
    check(`${url} answers 200, not ${status}: ${text}`, isAnswer)
    check(`${url} has ${has}: ${text}`, isThere)
  }
}

export const endpoints: Drill = {
  name: 'endpoints',
  needs: [],
  async run({ nodes, say }) {
    const node = nodes[0] ?? ''
    const names = Object.keys(HANDLERS) as (keyof typeof HANDLERS)[]
    const page = names.map((name) => ({ url: `http://127.0.0.1:${PAGE_PORT}${HANDLERS[name]}`, has: HAS[name] }))
    const address = podOf(node)?.status.podIP ?? ''
    const host = address.includes(':') ? `[${address}]` : address
    const scraped = (['prometheus-metrics', 'liveness', 'readiness'] as const).map((name) => ({
      url: `http://${host}:${METRICS_PORT}${HANDLERS[name]}`,
      has: HAS[name],
    }))
    ask(node, [...page, ...scraped])
    say(`${page.length + scraped.length} endpoints of ${node} answer, each with what belongs there`)
  },
}
