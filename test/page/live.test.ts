/** The page while things change: news, a stream that is lost and comes back, the cross-hair, filter and links. */
import { describe, expect, it } from 'vitest'
import { problemOf } from './facts.ts'
import { createStage, seen } from './stage.ts'
import { calmConditions, change, facts, varFull } from './worker.ts'

const stage = createStage()

describe('a change of the node', () => {
  it('is on the page at once, in verdict, problems, table and tab, and is announced once', async () => {
    const { page, server } = await stage.play('healthy')
    const announced = page.locator('header [role=status]')
    expect(await seen(announced)).toBe('')
    const conditions = change(calmConditions(), 'DiskFull', 'disk:/var', varFull)
    server.change(() =>
      facts({
        conditions,
        problems: conditions.filter(({ health }) => health === 'problem').map((one) => problemOf(one)),
      }),
    )
    await page.getByRole('heading', { level: 1, name: /1 problem: \/var is 96 % full, for 4 min\./ }).waitFor()
    await page.getByRole('article').filter({ hasText: '/var is 96 % full' }).waitFor()
    expect(await seen(page.getByRole('row', { name: /DiskFull disk:\/var/ }))).toMatch(/^Critical/)
    expect(await page.title()).toBe('1 problem on worker-7 – Node Doctor')
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toContain('b0083f')
    expect(await seen(announced)).toMatch(/^Critical: 1 problem: \/var is 96 % full, for 4 min\.$/)
  })

  it('asks for the history again, so that its lane appears', async () => {
    const { page, server } = await stage.play('healthy')
    await page.getByRole('img', { name: /^\/var full/ }).waitFor()
    const before = server.asked.filter((path) => path.startsWith('/history')).length
    server.change((was) => ({ ...was, conditions: change([...was.conditions], 'DiskFull', 'disk:/', varFull) }))
    await expect
      .poll(() => server.asked.filter((path) => path.startsWith('/history')).length, { timeout: 10_000 })
      .toBeGreaterThan(before)
  })

  it('that only proves again what was known leaves the history alone', async () => {
    const beganMs = performance.now()
    const { page, server } = await stage.play('healthy')
    await page.getByRole('img', { name: /^\/var full/ }).waitFor()
    const asked = server.asked.length
    // Eight seconds old in the scene, and by what it took to draw it; now three, however long that was.
    const passedMs = performance.now() - beganMs
    const looked = (was: Date): Date => new Date(was.getTime() + passedMs + 5000)
    server.change((was) => ({
      ...was,
      conditions: [...was.conditions].map((one) => ({ ...one, observed: looked(one.observed) })),
    }))
    await expect.poll(() => seen(page.getByRole('row', { name: /DiskFull disk:\/var/ }))).toMatch(/\b[2-7] s ago/)
    expect(server.asked.length).toBe(asked)
  })
})

describe('a stream that is lost', () => {
  it('greys the page, counts the age up, says when it tries again, and comes back', async () => {
    const { page, server } = await stage.play('problems')
    await server.vanish()
    await page.locator('html[data-scene=stale]').waitFor()
    const verdict = page.getByRole('heading', { level: 1 })
    expect(await seen(verdict)).toMatch(/Not known\. No report for \d+ s; all below is from 03:14:\d\d UTC\./)
    expect(await seen(page.locator('.sub'))).toMatch(
      /Last known: 2 problems: \/var is 96 % full; kubelet answers slowly\./,
    )
    await expect.poll(() => seen(page.locator('.fresh'))).toMatch(/^Stream lost, trying again in [1-5] s/)
    const lost = await seen(verdict)
    await expect.poll(() => seen(verdict), { timeout: 5000 }).not.toBe(lost)
    expect(await page.title()).toBe('Not known: worker-7 – Node Doctor')
    const main = await seen(page.getByRole('main'))
    expect(main).toMatch(/\/var is 96 % full\s+Critical then, since 03:10:11/)
    expect(main).toMatch(/Open problems at 03:14:\d\d/)
    expect(main).not.toMatch(/\d s ago|(?:Critical|Warning) for/)
    expect(await seen(page.locator('.lane .read').nth(1))).toBe('Not known')

    await server.comeBack()
    await page.locator('html[data-scene=critical]').waitFor({ timeout: 15_000 })
    expect(await seen(verdict)).toMatch(/2 problems: \/var is 96 % full, for 4 min/)
    expect(await seen(page.locator('.fresh'))).toMatch(/^Live, last report/)
  })

  it('is told as what was missed once it is back, without asking for the page again', async () => {
    const { page, server } = await stage.play('healthy')
    await server.vanish()
    await page.locator('html[data-scene=stale]').waitFor()
    const conditions = change(calmConditions(), 'DiskFull', 'disk:/var', varFull)
    server.change(() =>
      facts({
        conditions,
        problems: conditions.filter(({ health }) => health === 'problem').map((one) => problemOf(one)),
      }),
    )
    await server.comeBack()
    await page.getByRole('heading', { level: 1, name: /1 problem: \/var is 96 % full/ }).waitFor({ timeout: 15_000 })
    expect(server.asked.filter((path) => path === '/')).toHaveLength(1)
  })

  it('that was steady and ends is asked for again at once, and nothing turns grey', async () => {
    const { page, server } = await stage.play('healthy')
    await page.evaluate(`globalThis.scenes = []
      new MutationObserver(() => scenes.push(document.documentElement.dataset.scene)).observe(document.documentElement, { attributes: true })`)
    const streams = (): number => server.asked.filter((path) => path === '/stream').length
    // Steady means five seconds, by the page's own clock.
    const nowMs = (): Promise<number> => page.evaluate('performance.now()')
    const openedMs = await nowMs()
    await expect.poll(nowMs, { timeout: 20_000 }).toBeGreaterThan(openedMs + 5000)
    server.cutStreams()
    await expect.poll(streams).toBe(2)
    await expect.poll(() => server.readers()).toBe(1)
    expect(await seen(page.locator('.fresh'))).toMatch(/^(Live|Reconnecting), last report/)
    expect(await page.evaluate('scenes.includes("stale")')).toBe(false)
  })

  it('is noticed when the server falls silent without a word', async () => {
    const { page, server } = await stage.play('healthy')
    server.fallSilent()
    await page.locator('html[data-scene=stale]').waitFor({ timeout: 20_000 })
    expect(await seen(page.getByRole('heading', { level: 1 }))).toMatch(/No report for 1\d s/)
  })

  it('before anything was heard leaves a page that says so', async () => {
    const { page, server } = await stage.play('healthy')
    await page.route('**/status', (route) => route.abort())
    await page.route('**/stream', (route) => route.abort())
    await page.reload()
    await page.getByRole('heading', { level: 1, name: /Not known\. The exporter does not answer\./ }).waitFor()
    expect(await seen(page.locator('.sub'))).toMatch(/Nothing has been heard since this page was opened at/)
    await page.unroute('**/status')
    await page.unroute('**/stream')
    await page.getByRole('heading', { level: 1, name: /All right/ }).waitFor({ timeout: 15_000 })
    expect(server.readers()).toBe(1)
  })
})

describe('the cross-hair', () => {
  it('reads every lane and graph at one instant under the pointer', async () => {
    const { page } = await stage.play('problems')
    const track = page.getByRole('img', { name: /^smart-health unreachable: / })
    const box = await track.boundingBox()
    if (box === null) throw new Error('the lane is not laid out')
    // 25 minutes around 3 h 20 min before now, of 6 h.
    await page.mouse.move(box.x + box.width * (1 - 3.35 / 6), box.y + 10)
    await expect.poll(() => seen(page.locator('.axis .read').first())).toMatch(/^at 11 May 23:5\d:\d\d$/)
    const read = async (name: string): Promise<string> =>
      seen(page.locator('.lane', { has: page.getByText(name, { exact: true }) }).locator('.read'))
    expect(await read('smart-health unreachable')).toBe('Error')
    expect(await read('nvme0n1 failing')).toBe('Unknown')
    expect(await read('/var full')).toBe('Healthy')
    expect(await read('Load per core')).toMatch(/^0\.\d\d/)
    expect(await seen(page.locator('.instant'))).toContain('smart-health unreachable nothing answers at')
    await page.mouse.move(5, 5)
    await expect.poll(() => seen(page.locator('.axis .read').first())).toMatch(/^now, /)
  })

  it('is moved by the keyboard, says where it is, and returns to now at its end', async () => {
    const { page } = await stage.play('problems')
    const slider = page.getByRole('slider', { name: 'Read every lane at this time' })
    await slider.focus()
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^now, 03:14:2\d$/)
    for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowLeft')
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toMatch(/^03:11:2\d$/)
    await page.keyboard.press('Home')
    await expect.poll(() => seen(page.locator('.axis .read').first())).toMatch(/^at 11 May 21:14:2\d$/)
    await page.keyboard.press('Escape')
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toMatch(/^now, /)
  })

  it('says of a time when the node was down that it was down', async () => {
    const { page } = await stage.play('problems')
    const box = await page.getByRole('img', { name: /^node: / }).boundingBox()
    if (box === null) throw new Error('the lane is not laid out')
    await page.mouse.move(box.x + box.width * (1 - 5.275 / 6), box.y + 10)
    await expect.poll(() => seen(page.locator('.lane .read').first())).toBe('node down')
    await expect.poll(() => seen(page.locator('.strip .read').first())).toBe('node down')
  })
})

describe('the filter', () => {
  it('is reached with "/", narrows as one types, counts, and is cleared by Escape', async () => {
    const { page } = await stage.play('problems')
    await page.keyboard.press('/')
    const filter = page.getByRole('searchbox', { name: 'Filter conditions' })
    await expect.poll(() => filter.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true)
    await page.keyboard.type('disk: healthy')
    const rows = page.getByRole('region', { name: 'All conditions' }).getByRole('row', { name: /Healthy|Critical/ })
    await expect.poll(() => rows.count()).toBe(7)
    expect(await seen(page.getByRole('region', { name: 'All conditions' }).getByRole('status'))).toBe('7 of 27')
    await page.keyboard.type(' nonsense')
    await page.getByText('No condition has these words. Escape clears the filter.').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('.conds tbody .row').count()).toBe(27)
    expect(await filter.inputValue()).toBe('')
  })
})

describe('a link to a condition', () => {
  it('marks its row, shows it, and does so again after a reload', async () => {
    const { page } = await stage.play('problems')
    await page.getByRole('article').first().getByRole('link', { name: 'DiskFull' }).click()
    expect(new URL(page.url()).hash).toBe('#/condition/system/DiskFull/disk:/var')
    const row = page.locator('tr[aria-current=true]')
    const isSeen = (): Promise<boolean> =>
      row.evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect()
        return top >= 0 && bottom <= 800
      })
    await expect.poll(isSeen).toBe(true)
    await page.reload()
    await expect.poll(isSeen).toBe(true)
    expect(await seen(row)).toContain('96.2 % used of 200 GiB')
  })

  it('finds its row among a thousand', async () => {
    const { page } = await stage.play('thousand', { path: '#/condition/monitor-06/DiskFull/disk:/data/volume-666' })
    const row = page.locator('tr[aria-current=true]')
    await expect.poll(() => row.evaluate((element) => element.getBoundingClientRect().top)).toBeGreaterThan(0)
    await expect.poll(() => row.evaluate((element) => element.getBoundingClientRect().bottom)).toBeLessThan(800)
    expect(await seen(row)).toContain('disk:/data/volume-666')
  })

  it('says so when there is no such condition', async () => {
    const { page } = await stage.play('healthy', { path: '#/condition/system/DiskFull/disk:/gone' })
    await page.getByText('This address points to a condition that is not known: system/DiskFull/disk:/gone.').waitFor()
  })

  it('of hostile names is followed, too', async () => {
    const { page } = await stage.play('hostile')
    const link = page.getByRole('region', { name: 'All conditions' }).getByRole('link', { name: /^Type</ })
    await link.click()
    await expect.poll(() => page.locator('tr[aria-current=true]').count()).toBe(1)
    await page.reload()
    await expect.poll(() => page.locator('tr[aria-current=true]').count()).toBe(1)
  })
})

it('time on the page is the time of the node, however wrong the clock of the reader is', async () => {
  const { page, server } = await stage.play('healthy')
  server.jump(3_600_000)
  server.change((was) => ({ ...was, conditions: [...was.conditions] }))
  await expect.poll(() => seen(page.locator('.clock')), { timeout: 10_000 }).toMatch(/04:14:\d\d UTC/)
})
