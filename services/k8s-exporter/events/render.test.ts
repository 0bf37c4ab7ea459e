import { describe, expect, it } from 'vitest'
import { someProblem } from '../../../libs/view/testing.ts'
import { renderEventObject, tellEvent, tellProblem } from './render.ts'

const OVER = { phase: 'resolved', resolved: new Date('2026-05-12T03:20:00Z'), proofText: 'proven' } as const
const told = (changes: Parameters<typeof someProblem>[0]) => tellProblem(someProblem(changes), 'w1', undefined)

describe('the end of a problem', () => {
  it('says how long it was by the clock that nobody sets, not by the one that was set meanwhile', () => {
    const opened = new Date('2026-05-12T03:08:00Z')
    expect(told({ ...OVER, opened, openMs: 467_000 })?.message).toBe('/var full: over after 7 min; proven')
  })

  it('never lasted 0 s', () => {
    expect(told({ ...OVER, openMs: 40 })?.message).toBe('/var full: over within a second; proven')
  })

  it('of an earlier boot says since when, and that its length is not known', () => {
    expect(told({ ...OVER, opened: new Date('2026-05-12T03:08:00Z'), openMs: 0 })?.message).toBe(
      '/var full: over; opened 2026-05-12T03:08:00Z by the clock of the node, how long it lasted is not known; proven',
    )
  })
})

describe('an event', () => {
  it('comes from the plug-in that saw it, not from the owner of a type that nobody owns', () => {
    expect(told({ owner: 'shared', source: 'load' })?.source).toBe('load')
    expect(told({ owner: 'system', source: '' })?.source).toBe('system')
  })

  it('names what it is about, where its words do not', () => {
    const words = { summary: '', message: 'it is bad', reason: 'Bad', label: 'bad' }
    expect(told({ entity: 'gpu:GPU-3f', ...words })?.message).toBe('GPU-3f: it is bad (Bad)')
    expect(told({ entity: 'gpu:GPU-3f', ...words, ...OVER, openMs: 5000 })?.message).toBe(
      'GPU-3f: bad: over after 5 s; proven',
    )
    expect(told({ entity: '', ...words })?.message).toBe('it is bad (Bad)')
    const at = new Date(0)
    const event = { id: 'e', monitor: 'm', check: '', severity: 'info', firstSeen: at, lastSeen: at, count: 1 } as const
    const say = (entity: string, message: string) => tellEvent({ ...event, reason: 'R', entity, message }, 'w1').message
    expect(say('disk:/var', 'it is bad')).toBe('/var: it is bad')
    expect(say('disk:/var', '/var is bad')).toBe('/var is bad')
  })

  it('says once what stands in headline and message alike', () => {
    const say = (summary: string, message: string) => told({ entity: '', reason: 'Bad', summary, message })?.message
    expect(say('plug-in js: raid lost a disk', 'raid lost a disk')).toBe('plug-in js: raid lost a disk (Bad)')
    expect(say('raid lost a disk', 'raid lost a disk (seen in 2 of 3)')).toBe('raid lost a disk (seen in 2 of 3) (Bad)')
    expect(say('a log cannot be read: cannot read /x', 'cannot read /x')).toBe(
      'a log cannot be read: cannot read /x (Bad)',
    )
    expect(say('/var is full', '96 % used')).toBe('/var is full: 96 % used (Bad)')
    expect(say('disk', 'diskless boot')).toBe('disk: diskless boot (Bad)')
    expect(say('5 of 15', '5')).toBe('5 of 15: 5 (Bad)')
  })

  it('of a file has its words as they are, or as the format that node-problem-detector takes them for (B1)', () => {
    const at = new Date(0)
    const event = { id: 'e', monitor: 'log', check: '', severity: 'warning', firstSeen: at, lastSeen: at } as const
    const one = { ...event, count: 1, entity: '', reason: 'R', message: 'disk is 50% full' }
    const words = (compat: readonly string[]) => tellEvent(one, 'w1', () => 'kernel-monitor', compat).message
    expect(words([])).toBe('disk is 50% full')
    expect(words(['B1', 'B2'])).toBe('disk is 50%!f(MISSING)ull')
    expect(tellEvent(one, 'w1', () => undefined, ['B1']).message).toBe('disk is 50% full')
  })

  it('names the thing as people call it, and what is to be done', () => {
    const words = {
      summary: '',
      message: 'a row cannot be remapped',
      reason: 'RowRemapFailed',
      label: 'GPU 3, H200 ill',
    }
    const gpu = { entity: 'gpu:GPU-3f7a', subject: 'GPU 3, H200', action: 'replace-hardware', ...words } as const
    expect(told(gpu)?.message).toBe(
      'GPU 3, H200: a row cannot be remapped (RowRemapFailed), to do: replace the hardware',
    )
    expect(told({ ...gpu, ...OVER, openMs: 5000 })?.message).toBe('GPU 3, H200 ill: over after 5 s; proven')
  })

  it('of what is told word by word is the event alone, which comes from the source that it names', () => {
    expect(told({ verbatim: true })).toBeUndefined()
    expect(told({ verbatim: true, ...OVER })).toBeUndefined()
    const at = new Date(0)
    const event = { id: 'e', monitor: 'log', check: '', entity: '', severity: 'warning', reason: 'OOMKilling' } as const
    const message = `Killed\tprocess\n${'x'.repeat(40_000)}`
    const said = tellEvent({ ...event, message, source: 'kernel-monitor', firstSeen: at, lastSeen: at, count: 1 }, 'w1')
    expect(said).toMatchObject({ source: 'log', component: 'kernel-monitor' })
    expect(said.message).toMatch(/^Killed process x+…$/)
    expect(renderEventObject(said, { name: 'w1', uid: 'u' })).toMatchObject({
      source: { component: 'kernel-monitor', host: 'w1' },
      reportingComponent: 'kernel-monitor',
    })
  })
})
