/** What the detector takes of a plug-in, where libs/model does not say it. */
import { MAX_REASON, MAX_TYPE } from '#model'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/
/** Declared types, reasons or checks of one monitor. */
export const DECLARED_MAX = 512
/** Of a version, as it is shown. */
export const VERSION_MAX = 64
/** Of a plug-in's name, as it may stand in a socket's file name. */
export const PLUGIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
export const METRIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/
/** Between two clocks of one machine. */
export const CLOCK_MS = 300_000
/** What lies before 1971 is no time that anybody meant. */
export const SENSIBLE_MS = 31_536_000_000

export function isTypeName(name: string): boolean {
  return name.length <= MAX_TYPE && NAME.test(name)
}

export function isReasonName(name: string): boolean {
  return name.length <= MAX_REASON && NAME.test(name)
}
