/** What whoever runs acts says, as far as it is taken: a plug-in is never trusted, and all of it goes into the journal. Pure. */
import { cleanText } from '#model'
import type { AttemptEnded, AttemptStep } from '#proto/nodedoctor/v1/remediation.ts'
import { fromProtoFigure, fromProtoOutcome } from '#wire/remediation-parts'
import type { ActEnded } from './types.ts'

/** Of a message, a refusal: one line. */
const LINE_MAX = 1_024
/** 64 KiB of it are kept by whoever runs it; more is cut here. */
const OUTPUT_MAX = 65_536
const FIGURES_MAX = 16
const NAME_MAX = 63
/** Of how a call failed: its status has any words that whoever answers likes. */
const FAULT_MAX = 512
/** Steps of one attempt that are taken at most; what comes beyond is left out. */
export const STEPS_MAX = 64
/** Bytes of one connection that are read at most: as many steps and an end of the largest that are taken, twice over. */
export const BYTES_MAX = 4 * 1024 * 1024
/** Messages of one attempt that are read at most: whoever says more is not listened to any more. */
export const MESSAGES_MAX = 1_024

/** What is written down of it: one line, whatever stands in it. */
export function lineOf(text: string): string {
  return cleanText(text, LINE_MAX)
}

/** How a call failed, in one line. */
export function faultOf(err: unknown): string {
  return cleanText(err instanceof Error ? err.message : String(err), FAULT_MAX)
}

/** A step; undefined: it has no name. */
export function stepOf({ step, detail }: AttemptStep): { readonly step: string; readonly detail: string } | undefined {
  const name = cleanText(step, NAME_MAX)
  return name === '' ? undefined : { step: name, detail: cleanText(detail, LINE_MAX) }
}

/** An end. @param lastedMs since it was asked for: it did not take longer than that */
export function endOf(ended: AttemptEnded, lastedMs: number): ActEnded {
  const { outcome, message, output, outputCut, durationMs, figures, exitCode } = ended
  const kept = output.slice(0, OUTPUT_MAX).toWellFormed().replaceAll('\0', '')
  return {
    outcome: fromProtoOutcome(outcome),
    message: cleanText(message, LINE_MAX),
    output: kept,
    isOutputCut: outputCut || output.length > OUTPUT_MAX,
    durationMs: Math.round(Math.min(durationMs, lastedMs)),
    figures: figures
      .slice(0, FIGURES_MAX)
      .map(fromProtoFigure)
      .filter(({ before, after }) => Number.isFinite(before) && Number.isFinite(after))
      .map(({ what, unit, ...values }) => ({
        what: cleanText(what, NAME_MAX),
        unit: cleanText(unit, NAME_MAX),
        ...values,
      })),
    ...(exitCode !== undefined && { exitCode }),
  }
}
