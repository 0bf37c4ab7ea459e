/** What a node, a page and a command line say after short stories: since when, proven when, and what became of the problem. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { T0 } from './testing.ts'
import { type Look, type Story, tellStory } from './testing-story.ts'
import type { Observation, Report } from './types.ts'

interface Tale {
  readonly name: string
  happens(story: Story): void
  /** Seconds of the wall clock since the story began. */
  readonly told: Partial<ReturnType<Story['seen']>>
  readonly problem?: object
}

/** Looks ten seconds apart; the time of the next one has come when it ends. */
function looks(story: Story, ...all: readonly Look[]): void {
  for (const look of all) {
    story.look(look)
    story.pass(10)
  }
}

/** Made now and not delivered yet. */
function kept(story: Story, look: Look, said: Partial<Observation> = {}): Report {
  const report = story.report(look, {}, said)
  story.pass(10)
  return report
}

function deliverAll(story: Story, ...reports: readonly Report[]): void {
  for (const report of reports) story.deliver(report)
}

const TALES: readonly Tale[] = [
  {
    name: 'the monitor restarts while it is well',
    happens(story) {
      looks(story, 'healthy')
      story.restartMonitor()
      looks(story, 'pending', 'pending')
    },
    told: { health: 'healthy', held: 'pending', since: 0, proven: 0 },
  },
  {
    name: 'the monitor restarts while there is a problem, and has to see it well twice again',
    happens(story) {
      looks(story, 'problem', 'healthy')
      story.restartMonitor()
      looks(story, 'pending', 'healthy')
    },
    told: { health: 'problem', held: 'unproven', since: 0 },
    problem: { phase: 'opened' },
  },
  {
    name: 'the monitor is lost and comes back to the same',
    happens(story) {
      looks(story, 'healthy', 'healthy')
      story.lose()
      story.pass(60)
      story.restartMonitor()
      looks(story, 'healthy')
    },
    told: { health: 'healthy', held: '', since: 0, proven: 80 },
  },
  {
    name: 'the monitor is lost with a problem and comes back well',
    happens(story) {
      looks(story, 'problem')
      story.lose()
      story.pass(60)
      story.restartMonitor()
      looks(story, 'healthy', 'healthy')
    },
    told: { health: 'healthy', since: 80, proven: 80 },
    problem: { phase: 'resolved', openMs: 80_000 },
  },
  {
    name: 'the monitor is lost, and what it had kept arrives when it is back',
    happens(story) {
      looks(story, 'healthy')
      const reports = [kept(story, 'problem'), kept(story, 'healthy'), kept(story, 'healthy')]
      story.lose()
      story.pass(60)
      deliverAll(story, ...reports)
    },
    told: { health: 'healthy', since: 30, proven: 30 },
    problem: { phase: 'resolved', openMs: 20_000 },
  },
  {
    name: 'the machine is rebooted while it is well',
    happens(story) {
      looks(story, 'healthy', 'healthy')
      story.pass(80)
      story.reboot()
      looks(story, 'pending', 'healthy')
    },
    told: { health: 'healthy', since: 110, proven: 110 },
  },
  {
    name: 'the machine is rebooted with a problem, and the first look is above its limit for too short a time',
    happens(story) {
      looks(story, 'problem')
      story.pass(90)
      story.reboot()
      looks(story, 'pending')
    },
    told: { health: 'problem', held: 'unproven', since: 0, proven: 100 },
    problem: { phase: 'changed', unproven: true },
  },
  {
    name: 'the machine is rebooted with a problem that is gone afterwards: how long it was is not known',
    happens(story) {
      looks(story, 'problem')
      story.pass(90)
      story.reboot()
      looks(story, 'healthy', 'healthy')
    },
    told: { health: 'healthy', since: 110, proven: 110 },
    problem: { phase: 'resolved', openMs: 0 },
  },
  {
    name: 'the clock is set forward by an hour while there is a problem',
    happens(story) {
      looks(story, 'problem')
      story.pass(10, 3600)
      looks(story, 'healthy', 'healthy')
    },
    told: { health: 'healthy', since: 3630, proven: 3630 },
    problem: { phase: 'resolved', openMs: 30_000 },
  },
  {
    name: 'the clock is set back by an hour while there is a problem',
    happens(story) {
      story.pass(7200)
      looks(story, 'problem')
      story.pass(10, -3600)
      looks(story, 'healthy', 'healthy')
    },
    told: { health: 'healthy', since: 3630, proven: 3630 },
    problem: { phase: 'resolved', openMs: 30_000 },
  },
  {
    name: 'the clock is set back by an hour while it is well: the last look counts, not the latest by the clock',
    happens(story) {
      story.pass(7200)
      looks(story, 'healthy', 'healthy')
      story.pass(10, -3600)
      looks(story, 'healthy')
      story.pass(100)
    },
    told: { health: 'healthy', proven: 3630 },
  },
  {
    name: 'the detector restarts while something is being watched',
    happens(story) {
      looks(story, 'pending', 'pending')
      story.restartDetector()
      looks(story, 'pending')
    },
    told: { health: 'unknown', held: 'pending', reason: 'BeingWatched', since: 0 },
  },
  {
    name: 'the detector restarts while what was well is above its limit for too short a time',
    happens(story) {
      looks(story, 'healthy', 'pending')
      story.restartDetector()
      looks(story, 'pending')
    },
    told: { health: 'healthy', held: 'pending', since: 0, proven: 0 },
  },
  {
    name: 'the detector restarts between two looks that prove a problem gone, and one of them is told again',
    happens(story) {
      looks(story, 'problem')
      const first = kept(story, 'healthy')
      story.deliver(first)
      story.restartDetector()
      story.deliver(first)
      expect(story.problem).toMatchObject({ phase: 'opened' })
      looks(story, 'healthy')
    },
    told: { health: 'healthy', since: 20, proven: 20 },
    problem: { phase: 'resolved', openMs: 20_000 },
  },
  {
    name: 'the detector is away for an hour, and the monitor’s reports wait for it',
    happens(story) {
      looks(story, 'healthy')
      const reports = [kept(story, 'problem'), kept(story, 'problem')]
      story.pass(3600)
      story.restartDetector()
      deliverAll(story, ...reports)
    },
    told: { health: 'problem', since: 10, proven: 20 },
    problem: { phase: 'opened', opened: new Date(T0 + 10_000) },
  },
  {
    name: 'a look that is told in two reports counts once',
    happens(story) {
      looks(story, 'problem')
      const [first, again] = [story.report('healthy'), story.report('healthy')]
      story.pass(10)
      deliverAll(story, first, again)
    },
    told: { health: 'problem', held: 'unproven', since: 0 },
    problem: { phase: 'opened' },
  },
  {
    name: 'a report that is delivered again after others says nothing',
    happens(story) {
      const old = story.report('problem')
      story.deliver(old)
      story.pass(10)
      looks(story, 'healthy', 'healthy')
      story.deliver(old)
    },
    told: { health: 'healthy', since: 20, proven: 20 },
    problem: { phase: 'resolved', generation: 1 },
  },
  {
    name: 'a pending look that is delivered again takes no proof away and gives none',
    happens(story) {
      looks(story, 'healthy')
      const pending = kept(story, 'pending')
      deliverAll(story, pending, pending)
    },
    told: { health: 'healthy', held: 'pending', since: 0, proven: 0 },
  },
  {
    name: 'a look from before a person cleared it arrives late',
    happens(story) {
      looks(story, 'problem')
      const late = kept(story, 'problem')
      story.take({ kind: 'cleared', type: 'DiskFull', entity: undefined, by: 'ann', why: 'replaced' })
      story.pass(10)
      story.deliver(late)
    },
    told: { health: 'healthy', since: 20 },
    problem: { phase: 'resolved', proof: 'operator' },
  },
  {
    name: 'what a person cleared is seen above its limit for too short a time',
    happens(story) {
      looks(story, 'problem')
      story.take({ kind: 'cleared', type: 'DiskFull', entity: undefined, by: 'ann', why: 'replaced' })
      story.pass(10)
      looks(story, 'pending')
    },
    told: { health: 'healthy', held: 'pending', since: 10, proven: 10 },
    problem: { phase: 'resolved', proof: 'operator' },
  },
]

describe('since when, proven when', () => {
  it.each(TALES)('$name', ({ happens, told, problem }) => {
    const story = tellStory()
    happens(story)
    expect(story.seen()).toMatchObject(told)
    if (problem === undefined) expect(story.problem).toBeUndefined()
    else expect(story.problem).toMatchObject(problem)
  })

  it('is never later than a look that was made, and nothing is well that was last seen otherwise, whatever happens', () => {
    const look = fc.constantFrom<Look>('healthy', 'problem', 'unknown', 'pending')
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ does: fc.constant('look' as const), look, isKept: fc.boolean() }) },
      { weight: 2, arbitrary: fc.constant({ does: 'deliver' as const }) },
      {
        weight: 2,
        arbitrary: fc.record({ does: fc.constant('pass' as const), seconds: fc.nat(900), wall: fc.nat(3600) }),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom('lose', 'restartMonitor', 'restartDetector', 'reboot').map((does) => ({ does })),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const story = tellStory()
        let queue: { readonly report: Report; readonly look: Look }[] = []
        let wall = 0
        let [lastWell, settled]: [number, Look] = [-1, 'unknown']
        const arrive = () => {
          for (const { report, look: said } of queue) {
            story.deliver(report)
            if (said !== 'pending') settled = said
          }
          queue = []
        }
        story.deliver(story.report('pending'))
        for (const one of steps) {
          if ('look' in one) {
            queue.push({ report: story.report(one.look), look: one.look })
            if (one.look === 'healthy') lastWell = wall
            if (!one.isKept) arrive()
          } else if ('seconds' in one) {
            story.pass(one.seconds, one.wall)
            wall += one.seconds + one.wall
          } else if (one.does === 'deliver') arrive()
          else {
            if (one.does === 'restartMonitor' || one.does === 'reboot') queue = []
            if (one.does === 'reboot') settled = 'unknown'
            story[one.does as 'lose']()
            if (one.does === 'reboot') story.deliver(story.report('pending'))
          }
          const { health, proven, since } = story.seen()
          expect(since).toBeLessThanOrEqual(wall)
          if (health !== 'healthy') continue
          expect(settled).toBe('healthy')
          expect(proven).toBeLessThanOrEqual(lastWell)
        }
      }),
      { numRuns: 300 },
    )
  })
})
