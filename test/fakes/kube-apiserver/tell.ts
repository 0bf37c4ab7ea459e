/** One line for each write, so that whoever looks on sees the node change. */
import { isObject, type Json, listAt, textAt, valueAt } from './json.ts'
import type { RequestEntry } from './types.ts'

const READS = new Set(['get', 'list', 'watch', 'head'])
const TEXT_MAX = 160
/** kubectl's copy of what it was given. */
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** "12:03:04 200 patch nodes/status worker-1: DiskFull True (AboveLimit)"; undefined for what only reads and succeeds. */
export function renderRequest(entry: RequestEntry): string | undefined {
  const { at, verb, resource, namespace, name, code, path } = entry
  const isRead = READS.has(verb) || resource === ''
  if (isRead && code >= 200 && (code < 400 || resource === '')) return undefined
  const body = entry.body as Json | undefined
  const own = name || textAt(body, 'metadata', 'name')
  const what = resource === '' ? path : `${resource} ${namespace === '' ? '' : `${namespace}/`}${own}`
  const result = code === 0 ? 'cut' : String(code)
  const text = isRead ? '' : summaryOf(resource, body)
  return `${at.toISOString().slice(11, 19)} ${result} ${verb} ${what.trim()}${text === '' ? '' : `: ${text}`}`
}

function summaryOf(resource: string, body: Json | undefined): string {
  const text = resource === 'events' ? eventOf(body) : [...conditionsOf(body), ...annotationsOf(body)].join(', ')
  // Nothing of what is sent moves the terminal of whoever looks on.
  const plain = text.replace(/\p{Cc}+/gu, ' ')
  return plain.length > TEXT_MAX ? `${plain.slice(0, TEXT_MAX)}…` : plain
}

function eventOf(body: Json | undefined): string {
  const count = valueAt(body, 'count')
  const parts = [textAt(body, 'type'), textAt(body, 'reason'), typeof count === 'number' ? `x${count}` : '']
  return [parts.filter((part) => part !== '').join(' '), textAt(body, 'message')]
    .filter((part) => part !== '')
    .join(': ')
}

function conditionsOf(body: Json | undefined): string[] {
  return listAt(body, 'status', 'conditions').map((condition) => {
    const type = textAt(condition, 'type')
    if (valueAt(condition, '$patch') === 'delete') return `${type} taken away`
    const reason = textAt(condition, 'reason')
    return `${type} ${textAt(condition, 'status')}${reason === '' ? '' : ` (${reason})`}`
  })
}

function annotationsOf(body: Json | undefined): string[] {
  const annotations = valueAt(body, 'metadata', 'annotations')
  if (!isObject(annotations)) return []
  const shown = Object.entries(annotations).filter(([key]) => key !== APPLIED)
  return shown.map(([key, value]) => (value === null ? `${key} taken away` : `${key}=${String(value)}`))
}
