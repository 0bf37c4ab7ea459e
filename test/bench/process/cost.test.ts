import { describe, expect, it } from 'vitest'
import { cpuMs, growthPerHour, memoryOf, voluntarySwitches } from './cost.ts'

describe('growth per hour', () => {
  it('is what a straight line rises by in an hour', () => {
    const samples = Array.from({ length: 90 }, (_, i) => 20 + i / 90)
    expect(growthPerHour(samples, 3600)).toBeCloseTo(1, 1)
    expect(growthPerHour(samples, 360)).toBeCloseTo(10, 0)
  })

  it('is nothing where memory goes up and down', () => {
    expect(growthPerHour([20, 21, 22, 20, 21, 22, 20, 21, 22], 600)).toBe(0)
  })

  it('is not a number where nothing was measured', () => {
    expect(growthPerHour([20, 21], 600)).toBeNaN()
  })
})

describe('the cost of a process', () => {
  it('is read of this one', () => {
    const { privateMiB, pssMiB } = memoryOf(process.pid)
    expect(privateMiB).toBeGreaterThan(5)
    expect(pssMiB).toBeGreaterThan(privateMiB)
    expect(cpuMs(process.pid)).toBeGreaterThan(0)
    expect(voluntarySwitches(process.pid)).toBeGreaterThan(0)
  })
})
