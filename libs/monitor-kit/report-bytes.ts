/**
 * A report as the bytes that go out. What it says is encoded once, where the check has just said it; number, time, runs and
 * samples are bytes of their own. Encodings of one message that stand behind one another are that message, merged
 * (protobuf, "Last One Wins"), so nothing is read or encoded again to put them together.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { MetricSample, Report } from '#model'
import { WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { Report as ProtoReport } from '#proto/nodedoctor/v1/types.ts'
import { toProtoReport } from '#wire'

/** What a check said, without what the monitor adds: all that is large in a report but its samples. */
export type Said = Pick<Report, 'observations' | 'events' | 'withdrawn'>

/** What a check said, and its bytes. */
export interface EncodedSaid extends Said {
  readonly bytes: Uint8Array
}

/** Number of WatchResponse's field `report` (proto/nodedoctor/v1/monitor.proto). */
const REPORT_FIELD = 1

const NOTHING: Omit<Report, 'time' | 'incarnation' | 'sequence'> = {
  observations: [],
  events: [],
  metrics: [],
  runs: [],
  withdrawn: [],
  complete: [],
}

/** The fields given, encoded; the others have no bytes. */
function encoded(report: Partial<Report>): BinaryWriter {
  const { time = new Date(0), incarnation = 0, sequence = 0 } = report
  const message = toProtoReport({ ...NOTHING, ...report, time, incarnation, sequence })
  return ProtoReport.encode(report.time === undefined ? { ...message, time: undefined } : message)
}

/** @throws what the encoder says of a health that is no word, or a time that is no date */
export function encodeSaid({ observations, events, withdrawn }: Said): EncodedSaid {
  return { observations, events, withdrawn, bytes: encoded({ observations, events, withdrawn }).finish() }
}

/** It is of these very lists: who has made others since has made other bytes. */
function isOf(said: EncodedSaid, { observations, events, withdrawn }: Said): boolean {
  return said.observations === observations && said.events === events && said.withdrawn === withdrawn
}

/** Nothing for no samples. */
export function bytesOfSamples(metrics: readonly MetricSample[]): Uint8Array {
  return encoded({ metrics }).finish()
}

/**
 * The whole report but its samples.
 * @param said what {@link encodeSaid} made; of no use, and not used, where the report has other lists by now
 */
export function bytesOfReport(report: Report, said?: EncodedSaid): Uint8Array {
  const { incarnation, sequence, time, runs, complete } = report
  const { bytes } = said !== undefined && isOf(said, report) ? said : encodeSaid(report)
  return encoded({ incarnation, sequence, time, runs, complete }).raw(bytes).finish()
}

/**
 * The response with this report, as WatchResponse.encode would have it but for the order within the report.
 * @param report parts of one report's bytes; none in a heartbeat
 */
export function bytesOfResponse(
  report: readonly Uint8Array[],
  { time, dropped }: Pick<WatchResponse, 'dropped'> & { readonly time: Date },
): Uint8Array {
  const writer = new BinaryWriter()
  if (report.length > 0) {
    writer.tag(REPORT_FIELD, WireType.LengthDelimited).fork()
    for (const part of report) writer.raw(part)
    writer.join()
  }
  return WatchResponse.encode({ report: undefined, time, dropped }, writer).finish()
}

/** A report counts once for each of this many things in it, as the detector counts. */
const THINGS_PER_COUNT = 64

/** What of a watcher's allowance so many things of one report cost. */
export function costOf(things: number): number {
  return 1 + Math.floor(things / THINGS_PER_COUNT)
}

/** Things in a report, but its samples. */
export function thingsOf({ observations, events, runs, withdrawn }: Said & Pick<Report, 'runs'>): number {
  return observations.length + events.length + runs.length + withdrawn.length
}
