import { describe, expect, it } from 'vitest'
import { noMonitor, noProblem } from './not-known.ts'

describe('a name that nothing has', () => {
  it('is answered with the nearest one', () => {
    expect(noProblem('DiskFul', undefined, ['MemoryLow', 'DiskFull'])).toBe(
      'no problem DiskFul is open; did you mean DiskFull?',
    )
    expect(noMonitor('sytem', ['system', 'detector'])).toBe('no monitor is named "sytem"; did you mean system?')
  })

  it('is answered with what there is where none is near', () => {
    expect(noProblem('Sky', 'disk:/', ['MemoryLow', 'DiskFull'])).toBe(
      'no problem Sky of disk:/ is open; open are: DiskFull, MemoryLow',
    )
    expect(noProblem('Sky', '', [])).toBe('no problem Sky of the node is open; open are: none')
    expect(noMonitor('\u001b[2J', ['system'])).toBe('no monitor is named "[2J"; there are: system')
  })

  it('is not told to mean itself: the type is open, of another entity', () => {
    expect(noProblem('DiskFull', 'disk:/', ['DiskFull'])).toBe(
      'no problem DiskFull of disk:/ is open; open are: DiskFull',
    )
  })
})
