import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { SEVERITIES } from '#model'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { emptyKept, type Kept, noteStep, openKept, parseKept, renderKept } from './kept.ts'

const word = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => text !== '__proto__')
const steps = fc
  .uniqueArray(
    fc.tuple(
      word,
      fc.record(
        { opening: word, severity: fc.constantFrom(...SEVERITIES), isOver: fc.boolean() },
        { noNullPrototype: true },
      ),
    ),
    {
      selector: ([name]) => name,
    },
  )
  .map((all) => new Map(all))
const taken = fc.uniqueArray(fc.tuple(word, word), { selector: ([name]) => name }).map((all) => new Map(all))
const anyKept: fc.Arbitrary<Kept> = fc.record({
  numbering: word,
  sequence: fc.maxSafeNat(),
  inHand: fc.option(fc.record({ from: word, key: word, request: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }), {
    nil: undefined,
  }),
  taken,
  steps,
  types: fc.array(word),
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nd-kept-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

describe('what is kept of an exporter', () => {
  it('comes back as it was', () => {
    // A file has them by name, in no order of theirs.
    const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const plain = (kept: Kept | undefined) =>
      kept && {
        ...kept,
        taken: sorted(kept.taken),
        steps: sorted(kept.steps),
        inHand: kept.inHand && { ...kept.inHand },
      }
    fc.assert(
      fc.property(anyKept, (kept) => void expect(plain(parseKept(renderKept(kept, 'b1'), 'b1'))).toEqual(plain(kept))),
    )
  })

  it('never throws at what stands in its place', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .json()
            .map(
              (text) =>
                `{"bootId":"b1","numbering":"a","sequence":1,"inHand":${text},"taken":${text},"steps":{"a":${text}},"types":${text}}`,
            ),
        ),
        (text) => void parseKept(text, 'b1'),
      ),
    )
    expect(parseKept('{"numbering":"a","sequence":-1}', 'b1')).toBeUndefined()
    expect(parseKept('{"bootId":"b1","numbering":"a","sequence":3,"inHand":[],"taken":[],"steps":7}', 'b1')).toEqual({
      ...emptyKept(),
      numbering: 'a',
      sequence: 3,
    })
  })

  it('is of the newest problems alone', () => {
    const kept = emptyKept()
    for (let i = 0; i < 1300; i++) noteStep(kept, String(i), { opening: '', severity: 'info', isOver: false })
    noteStep(kept, '100', { opening: 'again', severity: 'info', isOver: false })
    expect([kept.steps.size, kept.steps.has('99'), [...kept.steps.keys()].at(-1)]).toEqual([1200, false, '100'])
  })

  it('is in the file once it was asked for, and begins anew where that is damaged, which is said', async () => {
    const path = join(await folder(), 'sub', 'tickets.json')
    const { log, messages } = keepLog()
    const first = await openKept({ path: path, bootId: 'b1', log, clock: systemClock() })
    first.kept.sequence = 5
    void first.save()
    first.kept.sequence = 6
    await first.save()
    expect(
      await openKept({ path: path, bootId: 'b1', log, clock: systemClock() }).then(({ kept }) => [
        kept.numbering,
        kept.sequence,
      ]),
    ).toEqual([first.kept.numbering, 6])
    await writeFile(path, '{"numbering":')
    const again = await openKept({ path: path, bootId: 'b1', log, clock: systemClock() })
    expect([again.kept.sequence, again.kept.numbering === first.kept.numbering]).toEqual([0, false])
    expect(messages()).toEqual([
      'what an external exporter was told is damaged; it is told anew, by numbers of another series',
    ])
  })

  it('is counted anew after another start of the kernel, which may have kept less than was told', async () => {
    const path = join(await folder(), 'tickets.json')
    const { log } = keepLog()
    const { kept, save } = await openKept({ path, bootId: 'b1', log, clock: systemClock() })
    kept.sequence = 5
    kept.inHand = { from: 'EVENTS', key: 'k', request: Buffer.from('as it was') }
    await save()
    const { kept: same } = await openKept({ path, bootId: 'b1', log, clock: systemClock() })
    const { kept: after } = await openKept({ path, bootId: 'b2', log, clock: systemClock() })
    expect([same.numbering === kept.numbering, same.sequence]).toEqual([true, 5])
    expect([after.numbering === kept.numbering, after.sequence, after.inHand]).toEqual([false, 0, kept.inHand])
  })

  it('that cannot be written is said once, and nothing stops', async () => {
    const dir = await folder()
    const { log, messages } = keepLog()
    await writeFile(join(dir, 'file'), '')
    const file = await openKept({ path: join(dir, 'file', 'tickets.json'), bootId: 'b1', log, clock: systemClock() })
    await file.save()
    await file.save()
    expect(messages().filter((text) => text.includes('cannot be kept'))).toEqual([
      'what an external exporter was told cannot be kept; after a kill it may be told twice',
    ])
    expect(await readdir(dir)).toEqual(['file'])
  })

  it('is waited for a second where the disk hangs, then no longer, and stands in the file once it answers', async () => {
    const { log, messages } = keepLog()
    const clock = fakeClock()
    const disk = Promise.withResolvers<void>()
    const written: string[] = []
    const replace = async (_path: string, content: string | Uint8Array) => {
      await disk.promise
      written.push(String(content))
    }
    const path = join(await folder(), 'tickets.json')
    const file = await openKept({ path, bootId: 'b1', log, clock, replace })
    file.kept.sequence = 1
    let isOver = false
    const saved = file.save().then(() => (isOver = true))
    await clock.advance(900)
    expect(isOver).toBe(false)
    await clock.advance(200)
    await saved
    expect(file.isBehind()).toBe(true)
    file.kept.sequence = 2
    await file.save()
    expect(messages().filter((one) => one.includes('disk hangs'))).toHaveLength(1)
    disk.resolve()
    await expect.poll(() => written.map((text) => JSON.parse(text).sequence)).toEqual([1, 2])
    await expect.poll(() => messages().at(-1)).toContain('is kept again')
    file.kept.sequence = 3
    await file.save()
    expect(JSON.parse(written.at(-1) ?? '').sequence).toBe(3)
  })
})
