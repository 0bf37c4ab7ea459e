import { describe, expect, it } from 'vitest'
import { noMonitor, noProblem } from './not-known.ts'

/** Open problems by type and entity. */
function open(...pairs: (readonly [type: string, entity: string])[]) {
  return pairs.map(([type, entity]) => ({ type, entity }))
}

describe('a name that nothing has', () => {
  it('is answered with the nearest one', () => {
    expect(noProblem('DiskFul', undefined, open(['MemoryLow', ''], ['DiskFull', 'disk:/']))).toBe(
      'no problem DiskFul is open; did you mean DiskFull?',
    )
    expect(noMonitor('sytem', ['system', 'detector'])).toBe('no monitor is named "sytem"; did you mean system?')
  })

  it('is answered with what there is where none is near', () => {
    expect(noProblem('Sky', 'disk:/', open(['MemoryLow', ''], ['DiskFull', 'disk:/'], ['DiskFull', 'disk:/a']))).toBe(
      'no problem Sky of disk:/ is open; open are: DiskFull, MemoryLow',
    )
    expect(noProblem('Sky', '', [])).toBe('no problem Sky of the node is open; open are: none')
    expect(noMonitor('\u001b[2J', ['system'])).toBe('no monitor is named "[2J"; there are: system')
  })

  it('of an entity is answered with those that have such a problem, the nearest first', () => {
    const disks = open(['DiskFull', 'disk:/data'], ['DiskFull', ''], ['MemoryLow', ''], ['DiskFull', 'disk:/var'])
    expect(noProblem('DiskFull', 'disk:/vra', disks)).toBe(
      'no problem DiskFull of disk:/vra is open; DiskFull is open of: disk:/var, disk:/data, node',
    )
    expect(noProblem('DiskFull', '', open(['DiskFull', 'disk:/']))).toBe(
      'no problem DiskFull of the node is open; DiskFull is open of: disk:/',
    )
    const many = open(...Array.from({ length: 1000 }, (_, i) => ['DiskFull', `disk:/${i}`] as const))
    expect(noProblem('DiskFull', 'disk:/x', many)).toMatch(/ and 980 more$/)
  })

  it('of a thing that people call by another name is answered with both, the nearest first, whichever is near', () => {
    const cards = [
      { type: 'GpuLost', entity: 'gpu:0', subject: 'GPU 0, H200' },
      { type: 'GpuLost', entity: 'gpu:77aa', subject: 'GPU 3, H200' },
      { type: 'GpuLost', entity: 'nvlink', subject: undefined },
    ]
    expect(noProblem('GpuLost', 'GPU 3, H20', cards)).toBe(
      'no problem GpuLost of GPU 3, H20 is open; GpuLost is open of: GPU 3, H200 (gpu:77aa), GPU 0, H200 (gpu:0), nvlink',
    )
    expect(noProblem('GpuLost', 'gpu:1', cards)).toMatch(/is open of: GPU 0, H200 \(gpu:0\), /)
  })

  it('that several things have is answered with their entities', () => {
    const cards = ['gpu:b', 'gpu:a'].map((entity) => ({ type: 'GpuLost', entity, subject: 'H200' }))
    expect(noProblem('GpuLost', 'H200', cards)).toBe(
      'H200 is the name of 2 things with an open problem GpuLost; name the entity of one: gpu:a, gpu:b',
    )
  })
})
