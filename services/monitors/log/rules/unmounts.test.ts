import { describe, expect, test } from 'vitest'
import { createRuleEngine, type RuleEngine } from './engine.ts'
import type { Driver } from './mount-lines.ts'
import { restore, snapshotOf } from './snapshot.ts'
import { rulesOfKeys } from './sources.ts'
import { lineOf, momentAt, rulesOf } from './testing-rules.ts'
import { FAILED_BEFORE, FAILED_BEHIND, FAILED_WITHIN } from './testing-unmounts.ts'
import type { RuleNews } from './types.ts'

const storage = rulesOfKeys({ rules: [], packs: ['storage'], disable: [] })

/** Of file systems: what is told of their disks by themselves stands beside. */
function words(news: readonly RuleNews[]): string[] {
  return news.flatMap((one) => {
    if (one.kind === 'problem') return [`problem ${one.raised.type}`]
    return one.kind === 'over' ? [`over ${one.type}`] : []
  })
}

/** The lines one after the other, 10 ms apart. */
function pushAll(engine: RuleEngine, lines: readonly string[], fromMs = 0): string[] {
  return lines.flatMap((text, index) => {
    const atMs = fromMs + index * 10
    return words(engine.push(lineOf(text, index, atMs), momentAt(atMs)))
  })
}

/** A look, of which nothing is known but of these: devices, of btrfs "UUID" or "UUID of device". @param erred when devices have */
function look(
  engine: RuleEngine,
  atMs: number,
  mounted: Partial<Record<Driver, readonly string[]>>,
  erred: Readonly<Record<string, number>> = {},
): string[] {
  const erredAtMs = new Map(Object.entries(erred))
  const known = Object.entries(mounted).map(([driver, names]) => {
    const rows = names.map((name) => name.split(' of ') as [string, string?])
    const byDevice = new Map(rows.flatMap(([uuid, device]) => (device === undefined ? [] : [[device, uuid] as const])))
    return [driver as Driver, { fileSystems: new Set(rows.map(([name]) => name)), byDevice, erredAtMs }] as const
  })
  return words(engine.looked(new Map(known), momentAt(atMs)))
}

const ABORTED = 'Aborting journal on device sdb-8.'
const UNMOUNTED = 'EXT4-fs (sdb): unmounting filesystem.'

describe('what kernels said of', () => {
  test.each(FAILED_BEHIND)('an unmount that failed raises nothing: $from', ({ lines, told, device }) => {
    const engine = createRuleEngine(storage)
    expect(pushAll(engine, lines)).toEqual(told)
    expect(engine.problems.filter(({ type }) => type.startsWith('Filesystem'))).toEqual([])
    const drivers = Object.fromEntries([...engine.asked.driversAsked].map((driver) => [driver, []]))
    expect(look(engine, 61_000, drivers)).toEqual([])
    expect(engine.raised.filter(({ entity }) => entity === `disk:${device}`)).toEqual([])
  })

  test.each(FAILED_BEHIND)('the same without an unmount is told: $from', ({ lines }) => {
    const engine = createRuleEngine(storage)
    const others = lines.filter((line) => !/[Uu]nmount|ext4_put_super/.test(line))
    expect(pushAll(engine, others)).toContainEqual(expect.stringMatching(/^problem Filesystem(?!Damaged)/))
  })

  test.each(FAILED_BEFORE)('a disk that failed before: $from', ({ lines, told }) => {
    expect(pushAll(createRuleEngine(storage), lines)).toEqual(told)
  })
})

describe('a mount that ends with its line', () => {
  const mounted = 'EXT4-fs (sdb): mounted filesystem 5a1c3f3e r/w with ordered data mode. Quota mode: none.'
  const stands = (engine: RuleEngine) => engine.problems.map(({ type }) => type)

  test.each(FAILED_WITHIN)('ends nothing of what it said itself: $from', ({ lines, told }) => {
    const engine = createRuleEngine(storage)
    expect(pushAll(engine, lines)).toEqual(told)
    expect(stands(engine)).toContain('FilesystemForcedReadOnly')
  })

  test.each(FAILED_WITHIN)('behind an unmount it is told a minute later: $from', ({ lines, device }) => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [`EXT4-fs (${device}): unmounting filesystem.`, ...lines])
    expect(stands(engine)).not.toContain('FilesystemForcedReadOnly')
    look(engine, 61_000, { ext4: [device] })
    expect(stands(engine)).toContain('FilesystemForcedReadOnly')
  })

  test('ends what was said long before', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [ABORTED])
    expect(pushAll(engine, [mounted], 31_000)).toEqual(['over FilesystemForcedReadOnly'])
  })

  test('ends what was said long before also where lines were lost just now', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [ABORTED])
    engine.lost(momentAt(3_600_000))
    expect(pushAll(engine, [mounted], 3_610_000)).toEqual(['over FilesystemForcedReadOnly'])
  })

  test('ends what is held of an unmount and comes of nothing else', () => {
    const engine = createRuleEngine(storage)
    const cleanUp = "EXT4-fs error (device sdb): ext4_put_super:1306: comm umount: Couldn't clean up the journal"
    expect(pushAll(engine, [UNMOUNTED, cleanUp, mounted])).toEqual([])
    expect(engine.raised).toEqual([])
  })

  test('counts anew what was said long before, and goes on with what it said itself', () => {
    const bad = 'EXT4-fs (sdb): bad'
    const threshold = { count: 2, within: 600_000 }
    const rule = { match: 'EXT4-fs \\((?P<dev>\\w+)\\): bad', entity: 'disk:${dev}', condition: 'Bad', threshold }
    const rules = rulesOf({ ...rule, recover: { reboot: true, unmounted: true } })
    expect(pushAll(createRuleEngine(rules), [bad, mounted, bad])).toEqual(['problem Bad'])
    const engine = createRuleEngine(rules)
    pushAll(engine, [bad])
    expect(pushAll(engine, [mounted, bad], 31_000)).toEqual([])
  })
})

describe('behind its unmount', () => {
  test('what is mounted again is told at once', () => {
    const engine = createRuleEngine(storage)
    const mounted = 'EXT4-fs (sdb): mounted filesystem 5a1c3f3e r/w with ordered data mode. Quota mode: none.'
    expect(pushAll(engine, [UNMOUNTED, mounted, ABORTED])).toEqual(['problem FilesystemForcedReadOnly'])
  })

  test('another file system of the machine is told at once', () => {
    const engine = createRuleEngine(storage)
    expect(pushAll(engine, [UNMOUNTED, 'Aborting journal on device sdc-8.'])).toEqual([
      'problem FilesystemForcedReadOnly',
    ])
  })

  test('after a minute it is told: a line that said that it is mounted may not be there', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [UNMOUNTED])
    expect(pushAll(engine, [ABORTED], 59_999)).toEqual([])
    expect(pushAll(engine, [ABORTED], 60_001)).toEqual(['problem FilesystemForcedReadOnly'])
  })

  test('what was lost of the log may have said that it is mounted', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [UNMOUNTED])
    engine.lost(momentAt(20))
    expect(pushAll(engine, [ABORTED], 30)).toEqual(['problem FilesystemForcedReadOnly'])
  })

  test('its minute goes on while lines are lost again and again', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [UNMOUNTED, ABORTED])
    const told = [20_000, 40_000, 61_000].flatMap((atMs) => {
      engine.lost(momentAt(atMs))
      return look(engine, atMs, { ext4: ['sdb'] })
    })
    expect(told).toEqual(['problem FilesystemForcedReadOnly'])
  })

  test('what is mounted all the same is told a minute later', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [UNMOUNTED, ABORTED])
    expect(look(engine, 50_000, { ext4: ['sdb'] })).toEqual([])
    expect(look(engine, 61_000, { ext4: ['sdb'] })).toEqual(['problem FilesystemForcedReadOnly'])
  })

  test('what is mounted there and has recorded no error since is another, or well again', () => {
    const atMs = 10_000_000
    const wallMs = momentAt(atMs).wall.getTime()
    const held = () => {
      const engine = createRuleEngine(storage)
      pushAll(engine, [UNMOUNTED, ABORTED], atMs)
      expect([...engine.asked.devicesHeld]).toEqual(['sdb'])
      return engine
    }
    for (const erred of [0, wallMs - 200_000]) {
      const engine = held()
      expect(look(engine, atMs + 61_000, { ext4: ['sdb'] }, { sdb: erred })).toEqual([])
      expect([engine.raised, [...engine.asked.devicesHeld]]).toEqual([[], []])
    }
    for (const erred of [wallMs - 50_000, wallMs + 20_000, wallMs + 900_000]) {
      expect(look(held(), atMs + 61_000, { ext4: ['sdb'] }, { sdb: erred })).toEqual([
        'problem FilesystemForcedReadOnly',
      ])
    }
    const other = held()
    expect(look(other, atMs + 61_000, { ext4: ['sdb'] }, { sdc: 0 })).toEqual(['problem FilesystemForcedReadOnly'])
  })

  test('what cannot be known waits for some minutes, and then is told', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [UNMOUNTED, ABORTED])
    for (const atMs of [30_000, 61_000, 200_000, 300_000]) expect(look(engine, atMs, {})).toEqual([])
    expect([...engine.asked.driversAsked]).toEqual(['ext4'])
    expect(look(engine, 302_000, {})).toEqual(['problem FilesystemForcedReadOnly'])
    const other = createRuleEngine(storage)
    pushAll(other, [UNMOUNTED, ABORTED])
    for (const atMs of [61_000, 200_000]) expect(look(other, atMs, {})).toEqual([])
    expect(look(other, 230_000, { ext4: [] })).toEqual([])
    expect(other.raised).toEqual([])
  })

  test('what was held when nobody had asked yet who mounts it is told by no first look, however long ago it was', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [UNMOUNTED, ABORTED])
    expect(look(engine, 900_000, { xfs: [] })).toEqual([])
    expect(engine.raised).toHaveLength(1)
    expect(look(engine, 930_000, { ext4: [] })).toEqual([])
    expect(engine.raised).toEqual([])
  })

  test('what is of a driver that lists nothing is told at once', () => {
    const engine = createRuleEngine(storage)
    expect(pushAll(engine, [UNMOUNTED, 'FAT-fs (sdb): error, Filesystem has been set read-only'])).toEqual([
      'problem FilesystemForcedReadOnly',
    ])
  })

  test('it is known over a restart, and what is held is', () => {
    const before = createRuleEngine(storage)
    pushAll(before, [UNMOUNTED, ABORTED])
    const after = createRuleEngine(storage)
    restore(after, JSON.parse(JSON.stringify(snapshotOf(before, 3000))))
    for (const raised of before.raised) after.recall(raised)
    expect(pushAll(after, ['EXT4-fs (sdb): Remounting filesystem read-only'], 50)).toEqual([])
    expect(look(after, 61_000, { ext4: ['sdb'] })).toContain('problem FilesystemForcedReadOnly')
  })
})

describe('what is raised', () => {
  test('is over when two looks apart find it mounted no more, and by nothing less', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, [ABORTED, 'EXT4-fs (sdb): I/O error while writing superblock'])
    expect([...engine.asked.driversAsked]).toEqual(['ext4'])
    expect(look(engine, 10_000, { ext4: ['sdb', 'sdc'] })).toEqual([])
    expect(look(engine, 20_000, { ext4: ['sdc'] })).toEqual([])
    expect(look(engine, 21_000, { ext4: ['sdc'] })).toEqual([])
    expect(look(engine, 50_000, {})).toEqual([])
    expect(look(engine, 60_000, { xfs: [] })).toEqual([])
    expect(look(engine, 70_000, { ext4: ['sdc'] })).toEqual([])
    expect(look(engine, 100_000, { ext4: ['sdc'] })).toEqual([
      'over FilesystemForcedReadOnly',
      'over FilesystemIOErrors',
    ])
    expect([...engine.asked.driversAsked]).toEqual([])
  })

  describe('of btrfs', () => {
    const [own, other] = ['b6abadf4-a143-4fb2-9f41-47b17a4e1591', '55830b57-6843-4d4a-b8d9-1364319ceddb']
    const readOnly = 'BTRFS info (device sdb state EA): forced readonly'
    const unmounting = `BTRFS info (device sdb): last unmount of filesystem ${own}`

    function raised(...lines: readonly string[]): RuleEngine {
      const engine = createRuleEngine(storage)
      pushAll(engine, lines)
      return engine
    }

    function looks(engine: RuleEngine, fromMs: number, btrfs: readonly string[]): string[] {
      return [0, 15_000, 30_000].flatMap((forMs) => look(engine, fromMs + forMs, { btrfs }))
    }

    test('stands when the device that it was mounted by is replaced, and is over when its UUID is gone', () => {
      const engine = raised(readOnly)
      expect(looks(engine, 0, [`${own} of sdb`, `${other} of sda`])).toEqual([])
      expect(looks(engine, 60_000, [`${own} of sdc`, `${other} of sda`])).toEqual([])
      expect(looks(engine, 120_000, [`${own} of sdc`, `${other} of sdb`])).toEqual([])
      expect(looks(engine, 180_000, [`${other} of sdb`])).toEqual(['over FilesystemForcedReadOnly'])
    })

    test('stands where nobody knows its UUID, and is over when there is none', () => {
      const engine = raised(readOnly)
      expect(looks(engine, 0, [`${own} of sdc`])).toEqual([])
      expect(looks(engine, 60_000, [])).toEqual(['over FilesystemForcedReadOnly'])
    })

    test('has a UUID that the line of its mount says', () => {
      const engine = raised(`BTRFS info (device sdb): first mount of filesystem ${own}`, readOnly)
      expect(looks(engine, 0, [`${own} of sdc`, `${other} of sda`])).toEqual([])
      expect(looks(engine, 60_000, [`${other} of sda`])).toEqual(['over FilesystemForcedReadOnly'])
    })

    test('is held behind an unmount, which says its UUID', () => {
      const gone = raised(unmounting, readOnly)
      expect(looks(gone, 61_000, [`${other} of sda`])).toEqual([])
      expect(gone.raised).toEqual([])
      const late = raised(unmounting)
      expect(looks(late, 0, [`${other} of sda`])).toEqual([])
      pushAll(late, [readOnly], 40_000)
      expect([...looks(late, 101_000, [`${other} of sda`]), ...looks(late, 400_000, [`${other} of sda`])]).toEqual([])
      expect(late.raised).toEqual([])
      const mounted = raised(unmounting, readOnly)
      expect(looks(mounted, 61_000, [`${own} of sdc`])).toEqual(['problem FilesystemForcedReadOnly'])
    })
  })

  test('that it is damaged is over by no unmount', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, ['EXT4-fs error (device sdb): ext4_lookup:1590: inode #2: comm ls: deleted inode referenced: 12'])
    pushAll(engine, [UNMOUNTED])
    for (const atMs of [30_000, 60_000, 90_000]) expect(look(engine, atMs, { ext4: [] })).toEqual([])
    expect(engine.problems.map(({ type }) => type)).toEqual(['FilesystemDamaged'])
  })

  test.each([
    ['a journal on a disk of its own', 'Aborting journal on device sdb1.'],
    ['a journal of another file system', 'Aborting journal on device sdb-1043.'],
    ['a driver that lists nothing', 'FAT-fs (sdc1): error, Filesystem has been set read-only'],
  ])('%s is looked for nowhere', (_, text) => {
    const engine = createRuleEngine(storage)
    expect(pushAll(engine, [text])).toEqual(['problem FilesystemForcedReadOnly'])
    for (const atMs of [30_000, 60_000, 90_000]) expect(look(engine, atMs, { ext4: [], xfs: [] })).toEqual([])
  })

  test('a device with a slash in its name is looked for as /sys writes it', () => {
    const engine = createRuleEngine(storage)
    pushAll(engine, ['EXT4-fs (cciss/c0d0p1): Remounting filesystem read-only'])
    for (const atMs of [30_000, 60_000]) expect(look(engine, atMs, { ext4: ['cciss!c0d0p1'] })).toEqual([])
    expect(engine.problems).toHaveLength(1)
  })

  test('by a rule of one’s own is over by an unmount where it asks for that, and else not', () => {
    const rule = { match: 'EXT4-fs \\((?P<dev>\\w+)\\): bad', entity: 'disk:${dev}', condition: 'Bad' }
    const bad = 'EXT4-fs (sdb): bad'
    const asking = createRuleEngine(rulesOf({ ...rule, recover: { reboot: true, unmounted: true } }))
    expect(pushAll(asking, [bad, UNMOUNTED, bad])).toEqual(['problem Bad', 'over Bad'])
    const other = createRuleEngine(rulesOf({ ...rule, recover: { reboot: true } }))
    expect(pushAll(other, [bad, UNMOUNTED, bad])).toEqual(['problem Bad'])
  })
})
