import { expect, test } from 'vitest'
import { handClock } from '#monitor-kit/testing'
import { createQuestion } from './question.ts'

/** A question, of which each answer is given by the test, or does not come in time. */
function questioned() {
  const clock = handClock()
  const asked: PromiseWithResolvers<string>[] = []
  let waits = 0
  const ask = createQuestion(
    clock,
    () => {
      const answer = Promise.withResolvers<string>()
      asked.push(answer)
      return answer.promise
    },
    (answer) => {
      waits++
      return Promise.race([answer, Promise.resolve(undefined)])
    },
  )
  return { clock, asked, ask, waits: () => waits }
}

test('what is not answered is not asked again, and waited for less and less often', async () => {
  const { clock, asked, ask, waits } = questioned()
  const after = async (ms: number): Promise<number> => {
    clock.pass(ms)
    expect(await ask()).toBe(undefined)
    return waits()
  }
  expect([await after(0), await after(0), await after(999)]).toEqual([1, 1, 1])
  expect([await after(1), await after(1_999), await after(1)]).toEqual([2, 2, 3])
  expect(asked).toHaveLength(1)
})

test('an answer that comes in the end counts once, and the next question is a new one', async () => {
  const { asked, ask } = questioned()
  expect(await ask()).toBe(undefined)
  asked[0]?.resolve('late')
  await asked[0]?.promise
  expect(await ask()).toBe('late')
  expect(await ask()).toBe(undefined)
  expect(asked).toHaveLength(2)
})

test('so does a failure, also one that nobody waits for', async () => {
  const { asked, ask } = questioned()
  expect(await ask()).toBe(undefined)
  asked[0]?.reject(new Error('EIO'))
  await asked[0]?.promise.catch(() => undefined)
  await expect(ask()).rejects.toThrow('EIO')
  expect(await ask()).toBe(undefined)
  expect(asked).toHaveLength(2)
})
