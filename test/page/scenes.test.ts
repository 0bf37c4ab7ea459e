/** What a person finds on the page in each scene, by role and text. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { TRACE } from './scenes.ts'
import { createStage, seen } from './stage.ts'

const stage = createStage()

function verdict(page: Page): Promise<string> {
  return seen(page.getByRole('heading', { level: 1 }))
}

/** The words of every element, white space folded. */
async function texts(page: Page, selector: string): Promise<string[]> {
  return (await page.locator(selector).allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim())
}

describe('a healthy node', () => {
  it('says so first, with how much was proven and how fresh that is', async () => {
    const { page } = await stage.play('healthy')
    expect(await verdict(page)).toMatch(/worker-7 10\.20\.4\.17\s+All right\. 27 conditions proven in the last 60 s\./)
    expect(await seen(page.locator('.fresh'))).toMatch(/^Live, last report \d+ s ago\s+03:14:\d\d UTC$/)
    expect(await page.title()).toBe('All right: worker-7 – Node Doctor')
  })

  it('shows what was resolved last in the place of problems', async () => {
    const { page } = await stage.play('healthy')
    const section = page.getByRole('region', { name: 'No open problems; resolved last' })
    expect(await section.getByRole('article').allInnerTexts()).toEqual([
      expect.stringMatching(
        /Over after 9 min: \/var is 97 % full\s+(?:until )?02:02:20\s+(?:Proven by )?2 checks in a row under 90 %/,
      ),
      expect.stringContaining('smart-health does not answer'),
      expect.stringContaining('DNS 10.96.0.10 does not answer'),
    ])
  })

  it('lists every condition under its monitor, and each monitor with its checks', async () => {
    const { page } = await stage.play('healthy')
    const conditions = page.getByRole('region', { name: 'All conditions' }).getByRole('table')
    expect(await conditions.getByRole('row').count()).toBe(1 + 7 + 27)
    expect(await texts(page, '.conds .side')).toContain('network 4 healthy')
    const monitors = page.getByRole('region', { name: 'Monitors' })
    expect(await seen(monitors)).toContain('6, all alive; 5 built in, 1 from third parties')
    const foreign = monitors.getByRole('row', { name: /smart-health/ })
    expect(await seen(foreign)).toMatch(
      /third party, found by its socket, npd\.external\.v1[\s\S]*\/var\/run\/npd\/smart-health\.sock/,
    )
    expect(await seen(foreign)).toMatch(/in \d+ s\s+1 min\s+640 ms\s+11 May 23:40:20\s+socket closed, gone for 25 min/)
  })

  it('draws the machine with its values now, and says which configuration is in force', async () => {
    const { page } = await stage.play('healthy')
    const machine = page.getByRole('region', { name: 'The machine' })
    await machine.getByRole('img', { name: /^Load per core, last 0\.\d\d$/ }).waitFor()
    expect(await seen(machine)).toMatch(/eth0 in, out/)
    const foot = page.getByRole('contentinfo')
    expect(await seen(foot)).toMatch(/6 values are set, 150 are at their defaults\. In force since 11 May 21:59:08\./)
    expect(await seen(foot.getByRole('row', { name: /nodeName/ }))).toMatch(/worker-7\s+environment, NODE_NAME/)
    expect(await foot.getByRole('link', { name: '/status' }).getAttribute('href')).toBe('status')
  })
})

describe('one warning and one critical problem', () => {
  it('are in the first sentence, with how long each lasts', async () => {
    const { page } = await stage.play('problems')
    expect(await verdict(page)).toMatch(
      /2 problems: \/var is 96 % full, for 4 min; kubelet answers slowly, for 1 min\./,
    )
    expect(await seen(page.locator('.sub'))).toBe(
      '24 other conditions proven healthy in the last 60 s. 1 unknown: backup too old, because its check timed out at 03:11:32.',
    )
  })

  it('stand worst first, each with evidence, limit, graph and what would prove it gone', async () => {
    const { page } = await stage.play('problems')
    const problems = page.getByRole('region', { name: /Open problems/ }).getByRole('article')
    const first = problems.nth(0)
    await first.getByRole('img', { name: /used in the last hour: .* 96\.2 % at last\. Critical\./ }).waitFor()
    const words = await seen(first)
    expect(words).toMatch(
      /\/var is 96 % full\s+Critical for 4 min, since 03:10:11\s+DiskFull\s+disk:\/var\s+AboveCriticalLimit/,
    )
    expect(words).toMatch(
      /96\.2 % used\s+limit 95 %\s+7\.6 GiB of 200 GiB free; .* Checked \d+ s ago\.\s+2 checks in a row find it under 90 %\./,
    )
    expect(await seen(problems.nth(1))).toMatch(/kubelet answers slowly\s+Warning for 1 min, since 03:13:00/)
  })

  it('name a device as people call it, and say what is to be done and that nothing acts', async () => {
    const { page } = await stage.play('device')
    const problem = page.getByRole('region', { name: /Open problem/ }).getByRole('article')
    expect(await seen(problem)).toMatch(/GPURowRemap\s+GPU 3, H200\s+RowRemapFailed/)
    expect(await seen(problem)).toMatch(
      /2 checks in a row find it well\.\s+To do: replace the hardware\.\s+It is told only: nothing acts on it by itself\./,
    )
    const row = page.getByRole('row', { name: /GPURowRemap/ })
    expect(await seen(row)).toMatch(/GPURowRemap\s+GPU 3, H200\s+row remapping failed/)
    expect(await row.locator('[title="gpu:GPU-3f7a1c"]').count()).toBe(1)
  })

  it('are told apart by shape and word as well as by colour', async () => {
    const { page } = await stage.play('problems')
    const shapes = await page
      .locator('.problem h3 use')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href')))
    expect(shapes).toEqual(['#g-critical', '#g-warning'])
  })

  it('say what is done about each, what holds that back and until when, and what an act wrote', async () => {
    const { page } = await stage.play('repairs')
    const section = page.getByRole('region', { name: /Open problems/ })
    expect(await section.getByText('Remediation', { exact: true }).first().isVisible()).toBe(true)
    const [full = '', slow = ''] = await texts(page, '.problem .repair')
    expect(full).toMatch(
      /Repair failed: clean up \/var\/log and the journal \(attempt 1 of 3\): it is still found: 95\.5 % used\. Held back by cooldown: it was done 2 min ago, again after 10 min\.\s*Not before 03:21:20\s*free on \/var: 7\.6 GiB before, 9\.1 GiB after/,
    )
    expect(slow).toMatch(/Being repaired: systemctl restart kubelet\.service \(attempt 1 of 3\), for \d+ s\./)
    const output = section.getByText('vacuumed 1.2 GiB of archived journals')
    expect(await output.isVisible()).toBe(false)
    await section.getByText('What it did').click()
    expect(await output.isVisible()).toBe(true)
    expect(await seen(section)).not.toContain('No remediator runs')
  })

  it('leave no column for remediation, and say that nothing repairs by itself', async () => {
    const { page } = await stage.play('problems')
    const section = page.getByRole('region', { name: /Open problems/ })
    expect(await section.getByText('Remediation', { exact: true }).count()).toBe(0)
    expect(await seen(section)).toContain('No remediator runs on this node: nothing is repaired by itself.')
  })

  it('show what came first: a lane for each condition that was not healthy', async () => {
    const { page } = await stage.play('problems')
    const ribbon = page.getByRole('region', { name: 'What happened, last 6 hours' })
    await ribbon
      .getByRole('img', {
        name: '/var full: warning 02:26 to 02:43, critical 02:43 to 02:48, warning 02:56 to 03:10, critical 03:10 until now; otherwise healthy; 6 events',
      })
      .waitFor()
    expect(await texts(page, 'section:has(#h-ribbon) .lane .name')).toEqual([
      'node',
      '/var full',
      'kubelet not answering',
      'backup too old',
      'nvme0n1 failing',
      'smart-health unreachable',
      'DNS failing',
      'kernel hung task',
    ])
    expect(await seen(ribbon)).toContain('rebooted, down for 2 min')
  })
})

describe('a dead monitor', () => {
  it('is a problem, and what it watched is unknown, not as it was', async () => {
    const { page } = await stage.play('monitor-dead')
    expect(await verdict(page)).toMatch(/1 problem: smart-health does not answer, for 4\d s\./)
    const drive = page.getByRole('row', { name: /DriveFailing disk:nvme0n1/ })
    expect(await seen(drive)).toMatch(
      /Unknown\s+DriveFailing\s+disk:nvme0n1\s+its monitor does not answer; before that: 11 % worn/,
    )
    const monitor = page.getByRole('region', { name: 'Monitors' }).getByRole('row', { name: /smart-health/ })
    expect(await seen(monitor)).toMatch(
      /Does not answer 4\d s\s*Paused 3\d s, 6 failures in a row, next try (?:in \d+ s|now)/,
    )
    expect(await seen(page.getByRole('region', { name: 'Monitors' }))).toContain(
      '1 does not answer, 5 alive; 5 built in',
    )
  })
})

describe('a silent agent', () => {
  it('greys the page, tells what was open then as it was said then, with clock times and an age that grows', async () => {
    const { page } = await stage.play('silent')
    const before = await verdict(page)
    expect(before).toMatch(/Not known\. No report for 7 min \d+ s; all below is from 03:14:20 UTC\./)
    expect(await page.locator('html').getAttribute('data-scene')).toBe('stale')
    const first = page
      .getByRole('region', { name: 'Open problems at 03:14:20, worst first' })
      .getByRole('article')
      .first()
    expect(await seen(first)).toMatch(/\/var is 96 % full\s+Critical then, since 03:10:11/)
    expect(await seen(first)).toContain('Checked 03:14:12.')
    expect(await seen(page.getByRole('row', { name: /DiskFull disk:\/var/ }))).not.toMatch(/ ago|\d min\b/)
    await expect.poll(() => verdict(page), { timeout: 5000 }).not.toBe(before)
  })
})

describe('nothing known yet', () => {
  it('says for what it waits, and why each part is empty', async () => {
    const { page } = await stage.play('nothing')
    expect(await verdict(page)).toMatch(/Not known yet\. Waiting for the agent for \d+ s\./)
    expect(await seen(page.locator('.fresh'))).toContain('Live, no report yet')
    const main = await seen(page.getByRole('main'))
    expect(main).toContain('No problem known')
    expect(main).toContain('None is known yet. Each monitor names its conditions with its first report.')
    expect(main).toContain('None is configured, and none has put its socket into the directory of monitors.')
    expect(main).toContain('No values are recorded yet.')
    expect(main).not.toMatch(/healthy|All right|No open problems/)
  })

  it('names the monitors that have not been heard', async () => {
    const { page } = await stage.play('no-report')
    expect(await verdict(page)).toMatch(/Nothing known yet\. The agent runs, and no monitor has reported\./)
    expect(await seen(page.getByRole('region', { name: 'Monitors' }).getByRole('row', { name: /system/ }))).toMatch(
      /Not heard yet \d+ s[\s\S]*never/,
    )
  })

  it('shows the last hour as long as no more is recorded, and since when', async () => {
    const { page } = await stage.play('first-hour')
    const ribbon = page.getByRole('region', { name: 'What happened, last hour' })
    await ribbon.getByRole('img', { name: 'node: recorded since 02:49:20' }).waitFor()
    expect(await page.getByRole('radio', { name: '1 h' }).isChecked()).toBe(true)
  })
})

describe('a detector that does not get anything through', () => {
  it('is said first and in the tab, and nothing of before looks like now', async () => {
    const { page } = await stage.play('behind')
    expect(await verdict(page)).toMatch(
      /What stands here is from 03:13:56 UTC: the agent’s changes do not get through\. Then it was: All right\./,
    )
    expect(await page.title()).toBe('At 03:13:56 UTC: All right: worker-7 – Node Doctor')
    expect(await seen(page.locator('.fresh'))).toMatch(/^Behind, /)
    for (const name of ['All conditions at 03:13:56', 'Monitors at 03:13:56', 'No problem known at 03:13:56']) {
      await page.getByRole('heading', { name }).waitFor()
    }
    const colours = await page.evaluate(
      "[...new Set([...document.querySelectorAll('.conds .g')].map((one) => getComputedStyle(one).getPropertyValue('--c')))]",
    )
    expect(colours).toEqual(['#64686e'])
    const [since, proven] = await Promise.all(
      [6, 7].map((column) => page.locator(`.conds tbody .row td:nth-child(${column}) .abs`).first().boundingBox()),
    )
    expect((since?.x ?? 0) + (since?.width ?? 1e6)).toBeLessThan(proven?.x ?? 0)
  })
})

describe('a text of several lines', () => {
  it('stands whole and as it was written, in a place of bounded height that a keyboard reaches', async () => {
    const { page } = await stage.play('verbatim')
    const row = page.getByRole('region', { name: 'All conditions' }).getByRole('row', { name: /KernelOops/ })
    const text = row.locator('pre')
    expect(await seen(text)).toBe(TRACE)
    const size = await text.evaluate((element) => ({ shown: element.clientHeight, whole: element.scrollHeight }))
    expect(size.shown).toBeLessThanOrEqual(200)
    expect(size.whole).toBeGreaterThan(34 * 16)
    await text.focus()
    expect(await text.evaluate((element) => element.matches(':focus'))).toBe(true)
  })

  it('of a problem is the beginning that it keeps, line by line', async () => {
    const { page } = await stage.play('verbatim')
    const problem = page.getByRole('region', { name: /Open problem/ }).getByRole('article')
    const words = await seen(problem.locator('pre'))
    expect(words.split('\n').slice(0, 2)).toEqual(TRACE.split('\n').slice(0, 2))
  })
})

describe('hostile texts', () => {
  it('are shown as text, and run nothing', async () => {
    const { page } = await stage.play('hostile')
    expect(await verdict(page)).toContain('<img src=x onerror=alert(1)><script>alert(2)</script>"\'&amp;</td>')
    expect(await page.locator('img, script:not([src]), u, td td').count()).toBe(0)
    expect(await seen(page.locator('body'))).not.toMatch(/[\u0000-\u0008\u200b\u202a-\u202e\u2066-\u2069]/)
  })

  it('that a monitor may not send are told in words, the last first, and the rest on request', async () => {
    const { page } = await stage.play('hostile')
    const broke = page.getByRole('row', { name: /It sent what it may not/ })
    await broke.waitFor()
    expect(await broke.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/^condition type "Has Space" is not a name, 8 times, \d+ s ago$/),
      expect.stringContaining('<img src=x'),
      expect.anything(),
    ])
    await broke.getByRole('button', { name: 'Show 1 more kind' }).click()
    expect(await seen(broke.getByRole('listitem').last())).toMatch(
      /^condition DiskFull was refused: it belongs to system, 2 times, /,
    )
    const monitors = page.getByRole('region', { name: 'Monitors' })
    expect(await seen(monitors)).toContain('Broke its limits 12 times.')
  })

  it('of keys that have no effect are told with what to write in their place, and how many more there are', async () => {
    const { page } = await stage.play('hostile')
    const table = page.getByRole('table', { name: '102 keys have no effect here.' })
    await table.waitFor()
    expect(await seen(table.getByRole('row', { name: /settings\.logFile/ }))).toMatch(
      /Has no effect: a process logs to standard output\.\s+config\.yaml, line 9/,
    )
    expect(await seen(page.locator('footer'))).toContain(
      'And 100 further keys: node-doctor validate names all of them.',
    )
  })

  it('turn no sentence of ours around', async () => {
    const { page } = await stage.play('hostile')
    const order = await page.locator('.verdict').evaluate((element) => {
      const range = element.ownerDocument.createRange()
      const times = [...element.querySelectorAll('time')].map((time) => time.getBoundingClientRect().left)
      const hebrew = [...element.querySelectorAll('bdi')].find((one) => /[\u05d0-\u05ea]/.test(one.textContent ?? ''))
      const text = hebrew?.firstChild
      if (text === null || text === undefined) return undefined
      const at = (word: string): number => {
        const start = (text.textContent ?? '').indexOf(word)
        range.setStart(text, start)
        range.setEnd(text, start + word.length)
        return range.getBoundingClientRect().left
      }
      return { hebrew: at('נפח'), own: at(' for '), age: times.at(-1) }
    })
    expect(order?.hebrew).toBeLessThan(order?.own ?? 0)
    expect(order?.own).toBeLessThan(order?.age ?? 0)
  })

  it.each([1280, 375])('do not make the page wider than %d', async (width) => {
    const { page } = await stage.play('hostile', { width })
    await page.getByRole('region', { name: 'The machine' }).getByRole('img').first().waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })
})

describe('a week of history', () => {
  it('is shown on request, and again after a reload', async () => {
    const { page, server } = await stage.play('week')
    await page.getByText('1 week').click()
    const ribbon = page.getByRole('region', { name: 'What happened, last week' })
    await ribbon.getByRole('img', { name: /^sdd slow: / }).waitFor()
    expect(await seen(ribbon)).toMatch(/8 May[\s\S]*agent down for 2 h/)
    expect(server.asked).toContain('/history?range=1w')
    await page.reload()
    await page.getByRole('region', { name: 'What happened, last week' }).waitFor()
  })

  it('shows the first lanes and the rest when asked', async () => {
    const { page } = await stage.play('week', { path: '?range=1w' })
    const more = page.getByRole('button', { name: /Show \d+ more lanes/ })
    await more.click()
    expect(await page.locator('section:has(#h-ribbon) .lane').count()).toBeGreaterThan(25)
    expect(await more.count()).toBe(0)
  })
})

describe('any scene', () => {
  it.each(['healthy', 'problems', 'silent', 'week', 'thousand', 'nothing'] as const)(
    '"%s" fits 375 pixels without scrolling sideways',
    async (scene) => {
      const { page } = await stage.play(scene, { width: 375 })
      await page
        .getByRole('region', { name: /What happened/ })
        .locator('.lane')
        .first()
        .waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375)
    },
  )

  it('asks its own server for status, stream and history, and nobody else', async () => {
    const { server, page } = await stage.play('healthy')
    await page.getByRole('region', { name: 'The machine' }).getByRole('img').first().waitFor()
    const asked = server.asked.filter((path) => !path.startsWith('/assets/'))
    expect(asked.toSorted()).toEqual(['/', '/history?range=1h', '/history?range=6h', '/status', '/stream'])
  })
})
