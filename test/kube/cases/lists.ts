import { expect, it } from 'vitest'
import { EVENTS, expectRefusal, freshName, NODES, type Use } from './use.ts'

export function defineListCases(use: Use): void {
  async function makeMany(count: number): Promise<string> {
    const label = freshName('lot')
    for (let i = 0; i < count; i++)
      await use().post(EVENTS, { metadata: { name: `${label}-${i}`, labels: { lot: label, [`is-${i}`]: 'yes' } } })
    return label
  }
  const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name)

  it('come in order of name, without kind and version on each', async () => {
    const lot = await makeMany(3)
    const { body } = await use().get(`${EVENTS}?labelSelector=lot%3D${lot}`)
    expect(body).toMatchObject({ kind: 'EventList', apiVersion: 'v1' })
    expect(names(body)).toEqual([`${lot}-0`, `${lot}-1`, `${lot}-2`])
    expect(body.items[0].kind).toBeUndefined()
    expect(body.metadata.resourceVersion).toMatch(/^\d+$/)
  })

  it('come in pages', async () => {
    const lot = await makeMany(5)
    const path = `${EVENTS}?labelSelector=lot%3D${lot}&limit=2`
    const seen: string[] = []
    let next = ''
    let pages = 0
    do {
      const { body } = await use().get(`${path}${next === '' ? '' : `&continue=${next}`}`)
      seen.push(...names(body))
      next = body.metadata.continue ?? ''
      pages += 1
    } while (next !== '')
    expect(seen).toEqual([0, 1, 2, 3, 4].map((i) => `${lot}-${i}`))
    expect(pages).toBe(3)
  })

  it('say how much is left when nothing is selected', async () => {
    await makeMany(3)
    const { body } = await use().get(`${EVENTS}?limit=1`)
    const all = await use().get(EVENTS)
    expect(body.metadata.remainingItemCount).toBe(all.body.items.length - 1)
  })

  it('are selected by labels', async () => {
    const lot = await makeMany(3)
    const found = async (selector: string) => {
      const { body } = await use().get(`${EVENTS}?labelSelector=${encodeURIComponent(`lot=${lot},${selector}`)}`)
      return names(body)
        .map((name) => name.slice(-1))
        .join('')
    }
    expect(await found('is-1')).toBe('1')
    expect(await found('!is-1')).toBe('02')
    expect(await found('is-0 in (yes,no)')).toBe('0')
    expect(await found('is-0 notin (yes)')).toBe('12')
    expect(await found('is-2!=yes')).toBe('01')
  })

  it('refuse what is no number, no version and no token', async () => {
    const refused = async (query: string, message: string | RegExp) =>
      expectRefusal(await use().get(`${EVENTS}?${query}`), { code: 400, reason: 'BadRequest', message })
    await refused('limit=x', 'strconv.ParseInt: parsing "x": invalid syntax')
    await refused(
      'resourceVersion=abc',
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    )
    await refused('continue=zzz', /^invalid continue token: continue key is not valid/)
  })

  it('of a version that is not there yet are too early', async () => {
    const answer = await use().get(`${NODES}/x?resourceVersion=99999999`)
    expectRefusal(answer, {
      code: 504,
      reason: 'Timeout',
      message: /^Timeout: Too large resource version: 99999999, current: \d+$/,
    })
    expect(answer.headers['retry-after']).toBe('1')
  })
}
