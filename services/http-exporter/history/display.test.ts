import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyMonitor, hostileText, someMonitor } from '../../../libs/view/testing.ts'
import { displayOf, graphsOf, NO_GRAPHS } from './display.ts'

function metric(name: string, title: string, unit = '') {
  return { name, title, unit, help: '', kind: 'gauge' as const }
}

const SYSTEM = someMonitor({
  metrics: [
    metric('disk_used_ratio', '{mount} used', 'ratio'),
    metric('disk_available_bytes', '', 'bytes'),
    metric('cpu_load_per_core', 'Load per core'),
    metric('memory_available_bytes', 'Memory available', 'bytes'),
  ],
})
const PLUG_IN = someMonitor({
  name: 'fans',
  origin: 'discovered',
  metrics: [metric('fan_speed', 'Fan', 'rpm'), metric('cpu_load_per_core', 'Buy now'), metric('__proto__', 'x')],
})

describe('what monitors declare with a title', () => {
  const graphs = graphsOf([PLUG_IN, SYSTEM])
  const titled = (key: string) => displayOf(key, undefined, graphs).title

  it('is drawn under that title, filled from the labels', () => {
    expect(titled('disk_used_ratio{mount="/var"}')).toBe('/var used')
    expect(titled('cpu_load_per_core')).toBe('Load per core')
    expect(titled('disk_available_bytes{mount="/var"}')).toBe('')
    expect(titled('undeclared')).toBe('')
  })

  it('is drawn of a plug-in too, in the unit that it declares, and told apart by its labels', () => {
    expect(displayOf('fan_speed{fan="a"}', undefined, graphs)).toMatchObject({ title: 'Fan a', unit: 'rpm', factor: 1 })
    expect(titled('fan_speed{fan="b",side="left"}')).toBe('Fan b left')
  })

  it('is called as ours call it, whatever a plug-in declares of the same name', () => {
    expect(graphs.get('cpu_load_per_core')).toMatchObject({ title: 'Load per core', monitor: 'system' })
  })

  it('stands in order: what is looked at first, then ours as declared, then plug-ins', () => {
    const order = [...graphs].sort(([, a], [, b]) => a.order - b.order).map(([name]) => name)
    expect(order).toEqual(['cpu_load_per_core', 'memory_available_bytes', 'disk_used_ratio', 'fan_speed', '__proto__'])
  })

  it('has a scale that ends where its top is told', () => {
    expect(displayOf('memory_available_bytes', undefined, graphs)).toMatchObject({ maxFrom: 'memory_size_bytes' })
    expect(displayOf('disk_used_ratio{mount="/"}', undefined, graphs)).toMatchObject({ unit: '%', max: 100 })
  })

  it('is clean and bounded, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(anyMonitor, { maxLength: 3 }), hostileText, hostileText, (monitors, name, value) => {
        const plugIn = someMonitor({ name: 'p', metrics: [metric(name, value, value)] })
        const key = `${name}{a=${JSON.stringify(value)}}`
        const { title, unit } = displayOf(key, undefined, graphsOf([...monitors, plugIn]))
        expect(title.length).toBeLessThanOrEqual(60)
        expect(unit.length).toBeLessThanOrEqual(16)
        expect(`${title}${unit}`).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]|[^\P{Cs}]/u)
      }),
    )
  })

  it('is nothing as long as nobody has declared anything', () => {
    expect(displayOf('constructor', undefined, NO_GRAPHS)).toEqual({
      title: '',
      unit: '',
      factor: 1,
      order: Number.MAX_SAFE_INTEGER,
    })
  })
})
