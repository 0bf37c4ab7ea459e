/** What a remediator would tell on a bus, in the model's words, for tests of those who read it. */
import type { MetricSample, Remediation, ToldRemediation } from '#model'
import { toProtoSample } from '#wire'
import { toProtoToldRemediation } from '#wire/remediation'
import { createBusReader } from './reader.ts'
import type { TestBus } from './testing.ts'
import type { Publication } from './types.ts'

/** A remediator's end of the bus, with a journal in memory. */
export interface TestRemediator {
  readonly publication: Publication
  /** Journals it and tells it. @returns its number */
  says(what: Remediation, time?: Date): number
  /** That it lives. */
  samples(samples?: readonly MetricSample[]): void
  /** Resolves once all is on the bus. */
  told(): Promise<void>
  stop(): void
}

/** @param bootId of its records */
export function startTestRemediator(bus: TestBus, journal = 'j1', bootId = 'b1'): TestRemediator {
  const ending = new AbortController()
  const reader = createBusReader(bus.consumer('remediator'), { signal: ending.signal })
  const records: ToldRemediation[] = []
  const publication = reader.publishRecords(
    { journal, after: (sequence) => records.slice(sequence, sequence + 64).map(toProtoToldRemediation) },
    ending.signal,
  )
  return {
    publication,
    says(what, time = new Date()) {
      const sequence = records.length + 1
      records.push({ journal, sequence, time, bootId, monoMs: sequence * 1000, what })
      publication.wake()
      return sequence
    },
    samples: (samples = []) => reader.publishMetrics({ samples: samples.map(toProtoSample), described: [] }),
    async told() {
      if (!(await publication.settled(10_000))) throw new Error(`not told: ${publication.status().lastError}`)
    },
    stop: () => ending.abort(),
  }
}
