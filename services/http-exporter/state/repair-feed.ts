/** What the bus says of repairs: read once whole, since what was taken before this life is not told again, and then followed. */
import type { BusReader } from '#bus'
import type { ToldRemediation } from '#model'
import type { Clock, Logger } from '#service'
import { createRepairs, NO_REMEDIATION, type NodeView, type RepairFacts, renderRemediation } from '#view'
import { fromProtoRemediation } from '#wire/remediation'
import type { RepairCounts } from '../metrics/repair-metrics.ts'
import type { CountedMark } from './counted-mark.ts'

/** Of records that are read at the start: with ticks left out, more than a week of the busiest node. */
const READ_BACK = 20_000
const AGAIN_MS = 1000
/** It tells what it counts every 15 s. */
const HEARD_MS = 60_000

/** Repairs as this exporter knows them. */
export interface KnownRepairs {
  readonly facts: RepairFacts
  /** The remediator gave a sign of life of late. */
  readonly isHeard: boolean
  /** Of the node. */
  view(): NodeView['remediation']
  /** Repairs are on, or somebody was heard of. */
  readonly isOn: boolean
  /** The remediator lives. @param isJournalWell by what it told of itself @param silent whoever carries acts out, and does not answer it */
  heard(isJournalWell: boolean, silent: readonly string[]): void
  /** Follows the bus until aborted. */
  follow(reader: BusReader, signal: AbortSignal, to: RepairsTo): void
}

/** Who else has something of the records. */
export interface RepairsTo {
  /** A record, as often as it comes. `facts`: with it. */
  record(told: ToldRemediation, facts: RepairFacts): void
  /** Records fell out of the stream before they were taken. */
  gap(missed: number): void
}

/** What it stands on. */
export interface RepairFeedOptions {
  readonly clock: Clock
  readonly log: Pick<Logger, 'debug'>
  /** The configuration switches repairs on. */
  readonly isEnabled: boolean
  /** By the configuration nothing is done. */
  readonly isDryRun: boolean
  /** Of this boot: without a mark only its records are counted, since those of earlier ones are told again. */
  readonly bootId: string
  readonly mark: CountedMark
  /** undefined where nothing is counted. */
  readonly counts: RepairCounts | undefined
  /** Something is another than before. */
  readonly onChange: () => void
}

/** Reads what the bus has, until it could or was aborted. @returns whether it could */
async function readBack(
  reader: BusReader,
  { clock, log }: Pick<RepairFeedOptions, 'clock' | 'log'>,
  { signal, saw }: { readonly signal: AbortSignal; readonly saw: (told: ToldRemediation) => void },
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await reader.readRecords(READ_BACK, (record) => {
        const told = fromProtoRemediation(record, clock.now())
        if (told !== undefined) saw(told)
      })
      return true
    } catch (err) {
      log.debug('records of repairs cannot be read yet', { err })
      await clock.sleep(AGAIN_MS, signal).catch(() => undefined)
    }
  }
  return false
}

/** Nothing is known yet. */
export function createRepairFeed(options: RepairFeedOptions): KnownRepairs {
  const { clock, isEnabled, isDryRun, bootId, mark, counts, onChange } = options
  const repairs = createRepairs()
  let heardMs: number | undefined
  let isJournalWell = true
  let silent: readonly string[] = []

  const isHeard = () => heardMs !== undefined && clock.monotonicMs() - heardMs < HEARD_MS
  const standing = () => ({ isHeard: isHeard(), isJournalWell, silent, isDryRun })
  const isOn = () => isEnabled || heardMs !== undefined || repairs.facts.last !== undefined

  return {
    get facts() {
      return repairs.facts
    },
    get isHeard() {
      return isHeard()
    },
    get isOn() {
      return isOn()
    },
    view: () => (isOn() ? renderRemediation(repairs.facts, standing(), clock.now()) : NO_REMEDIATION),
    heard(isWell, unanswering) {
      const isAnother = !isHeard() || isWell !== isJournalWell || unanswering.join() !== silent.join()
      silent = unanswering
      heardMs = clock.monotonicMs()
      isJournalWell = isWell
      if (isAnother) onChange()
    },
    follow(reader, signal, to) {
      let isRead = false
      const whenRead = new Set<() => void>()
      void readBack(reader, options, { signal, saw: repairs.saw }).then((isAll) => {
        if (isAll) onChange()
        isRead = true
        for (const listener of whenRead) listener()
      })
      reader.consume(
        'REMEDIATIONS',
        {
          async message(value) {
            const told = fromProtoRemediation(value, clock.now())
            if (told === undefined) return
            if (repairs.saw(told)) onChange()
            to.record(told, repairs.facts)
            const isOurs = mark.isKnown || told.bootId === bootId
            if ((await mark.take(told)) && isOurs) counts?.count(told, repairs.facts)
          },
          gap: to.gap,
        },
        {
          signal,
          ready: () => isRead,
          onReady(listener) {
            whenRead.add(listener)
            return () => whenRead.delete(listener)
          },
        },
      )
    },
  }
}
