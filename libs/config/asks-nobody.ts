/** Checks that have nobody to ask. They run, and say nothing. Pure. */
import { quotedList } from './nearest.ts'
import type { ConfigNote, NodeDoctorConfig } from './types.ts'

/** Keys of a type that say who is asked: without any of them nobody is. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  'network-connectivity-check': ['endpoints', 'url'],
  'network-peers': ['peers', 'slices', 'echoPeers', 'echoSlices'],
  'network-time': ['servers'],
}

/** What is to be said of each that is switched on. No note of the configuration: it may be meant so, and every start would tell it. */
export function asksNobody({ monitors }: Pick<NodeDoctorConfig, 'monitors'>): readonly ConfigNote[] {
  return monitors.flatMap(({ name, type, enabled, config, origin }) => {
    const keys = Object.hasOwn(ASKED, type) ? ASKED[type] : undefined
    if (!enabled || keys === undefined || keys.some((key) => isSaid(config[key]))) return []
    const text = `asks nobody; expected ${keys.length > 1 ? 'one of ' : ''}${quotedList(keys)} with somebody in it`
    return [{ key: `monitors.${name}`, text, origin }]
  })
}

function isSaid(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== ''
}
