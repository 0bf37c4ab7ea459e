/** What a monitor may send and hold, and what it did beyond it. */

/** Longest texts, in UTF-16 units. A condition type is a Kubernetes name; a message what core/v1 takes of an event. */
export const MAX_TYPE = 63
/** Characters of an entity at most; longer ones are refused. */
export const MAX_ENTITY = 128
/** Characters of a reason at most. */
export const MAX_REASON = 128
/** Characters of a message at most; what is longer is cut. */
export const MAX_MESSAGE = 1024
/** Characters of a summary, the sentence for people, at most. */
export const MAX_SUMMARY = 120

/** Characters of a label's value at most, of a monitor of ours; those of others are held to {@link MAX_ENTITY}. */
export const MAX_LABEL = 1024
/** Bytes of one message of a monitor at most, where the configuration names no other number. */
export const MESSAGE_BYTES = 1_048_576
/** Longest message of a verbatim type or reason, in bytes of UTF-8. */
export const MAX_VERBATIM_BYTES = 32 * 1024
/** Longest verbatim type or reason, in UTF-16 units. */
export const MAX_VERBATIM_NAME = 128

/** How much a monitor may send at a time and hold in all. */
export interface ReportLimits {
  readonly observationsPerReport: number
  readonly eventsPerReport: number
  readonly samplesPerReport: number
  readonly runsPerReport: number
  /** Conditions of one monitor in all. */
  readonly conditionsPerMonitor: number
  /** Entities of one condition type of one monitor. */
  readonly entitiesPerType: number
  /** Bytes that the conditions of one monitor take on the bus, about; beyond it their words are cut short. */
  readonly bytesPerMonitor: number
  /** Conditions of all plug-ins together. */
  readonly conditionsOfPlugIns: number
  /** Series of samples of one plug-in, and of all of them together: what the http-exporter keeps. */
  readonly seriesPerMonitor: number
  readonly seriesOfPlugIns: number
}

/** Limits of a report and of a monitor where the configuration names none. */
export const DEFAULT_LIMITS: ReportLimits = {
  observationsPerReport: 1024,
  eventsPerReport: 1000,
  samplesPerReport: 2048,
  runsPerReport: 256,
  conditionsPerMonitor: 2048,
  entitiesPerType: 512,
  bytesPerMonitor: 1024 * 1024,
  conditionsOfPlugIns: 4096,
  seriesPerMonitor: 2048,
  seriesOfPlugIns: 32_768,
}

/** What a report did against its limits or its declaration: by a code for the count, in words for people. */
export interface Violation {
  readonly code: 'type-not-owned' | 'name-invalid' | 'too-many' | 'time-senseless' | 'value-senseless'
  readonly text: string
}
