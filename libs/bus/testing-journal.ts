/** A journal of repairs in memory, for tests of whoever tells it and of whoever reads what is told. */
import { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import type { RecordSource } from './types.ts'

/** What a record says. */
type What = NonNullable<RemediationRecord['what']>

/** A journal that a test appends to. */
export interface TestJournal extends RecordSource {
  /** @returns the number that it has */
  append(what: What, time?: Date): number
  /** That the remediator began to work; its version tells one from another. */
  began(version: string): number
  tick(): number
  /** Another journal, without a record. */
  renew(journal: string): void
  /** How often it was read. */
  readonly reads: number
  after(sequence: number): readonly RemediationRecord[]
}

/** @param batch how many records it hands out at a time */
export function createJournal(name: string, batch = 64): TestJournal {
  let journal = name
  let records: RemediationRecord[] = []
  let reads = 0

  function append(what: What, time = new Date()): number {
    const sequence = records.length + 1
    records.push(RemediationRecord.create({ journal, sequence, time, bootId: 'b1', monoMs: sequence * 1000, what }))
    return sequence
  }
  return {
    get journal() {
      return journal
    },
    get reads() {
      return reads
    },
    after(sequence) {
      reads++
      return records.slice(sequence, sequence + batch)
    },
    append,
    began: (version) => append({ $case: 'began', value: { version, nodeUid: '', remediation: '', holds: [] } }),
    tick: () => append({ $case: 'tick', value: { unwitnessedMs: 0 } }),
    renew(another) {
      journal = another
      records = []
    },
  }
}
