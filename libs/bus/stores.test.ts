import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStores } from './stores.ts'

function stores() {
  const said: string[] = []
  const log = {
    info: (text: string, fields: Record<string, unknown> = {}) => void said.push(`${text}: ${String(fields['why'])}`),
  }
  return { seen: createStores(log), said }
}

describe('the store that a reader sees', () => {
  it('is no news at its first word, and another when its incarnation is: listeners first, then all begins anew', () => {
    const { seen, said } = stores()
    seen.onNewStore((incarnation) => said.push(`new ${incarnation}`))
    seen.restarts(() => said.push('restart'), new AbortController().signal)
    seen.saw({ incarnation: 'a' })
    seen.saw({ incarnation: 'a' })
    expect(said).toEqual([])
    seen.saw({ incarnation: 'b' })
    expect(said).toEqual(['the store of the bus is another: it was made anew', 'new b', 'restart'])
  })

  it('is another by other signs too, also before it said who it is', () => {
    const { seen, said } = stores()
    seen.onNewStore((incarnation) => said.push(`new ${JSON.stringify(incarnation)}`))
    seen.another('EVENTS ends before what was read of it')
    expect(said).toEqual(['the store of the bus is another: EVENTS ends before what was read of it', 'new ""'])
  })

  it('is told to nobody who left, and to who comes meanwhile only of the next', () => {
    const { seen, said } = stores()
    const abort = new AbortController()
    const leave = seen.onNewStore(() => said.push('left'))
    seen.restarts(() => said.push('ended'), abort.signal)
    leave()
    abort.abort()
    seen.onNewStore(() => void seen.onNewStore(() => said.push('late')))
    seen.another('x')
    expect(said).toEqual(['the store of the bus is another: x'])
    seen.another('y')
    expect(said.filter((one) => one === 'late')).toHaveLength(1)
  })

  it('begins anew as often as its incarnation changes, in whatever order the words come', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c')), (words) => {
        const { seen } = stores()
        let anew = 0
        seen.restarts(() => anew++, new AbortController().signal)
        for (const incarnation of words) seen.saw({ incarnation })
        expect(anew).toBe(words.filter((word, i) => i > 0 && word !== words[i - 1]).length)
      }),
    )
  })
})
