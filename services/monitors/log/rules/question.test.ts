import { expect, test } from 'vitest'
import { handClock } from '#monitor-kit/testing'
import { createQuestion } from './question.ts'

/** A question whose answers the test gives. */
function questioned() {
  const clock = handClock()
  const asked: PromiseWithResolvers<string>[] = []
  const ask = createQuestion(clock, () => {
    const answer = Promise.withResolvers<string>()
    asked.push(answer)
    return answer.promise
  })
  return {
    clock,
    asked,
    ask,
    /** What is known of it, and how long that was waited for. */
    async waited() {
      const beganMs = clock.monotonicMs()
      let isOver = false
      const outcome = ask().finally(() => {
        isOver = true
      })
      await new Promise(setImmediate)
      while (!isOver) {
        clock.pass(50)
        await new Promise(setImmediate)
      }
      return [await outcome, clock.monotonicMs() - beganMs]
    },
  }
}

test('what is not answered is not asked again, and waited for less and less often', async () => {
  const { clock, asked, waited } = questioned()
  expect(await waited()).toEqual([undefined, 1_000])
  expect(await waited()).toEqual([undefined, 0])
  clock.pass(1_000)
  expect(await waited()).toEqual([undefined, 1_000])
  clock.pass(1_000)
  expect(await waited()).toEqual([undefined, 0])
  clock.pass(1_000)
  expect(await waited()).toEqual([undefined, 1_000])
  expect(asked).toHaveLength(1)
})

test('an answer that comes in the end counts once, and the next question is a new one', async () => {
  const { asked, waited } = questioned()
  await waited()
  asked[0]?.resolve('late')
  await asked[0]?.promise
  expect(await waited()).toEqual(['late', 0])
  expect(await waited()).toEqual([undefined, 1_000])
  expect(asked).toHaveLength(2)
})

test('so does a failure, also one that nobody waits for', async () => {
  const { asked, ask, waited } = questioned()
  await waited()
  asked[0]?.reject(new Error('EIO'))
  await asked[0]?.promise.catch(() => undefined)
  await expect(ask()).rejects.toThrow('EIO')
  await waited()
  expect(asked).toHaveLength(2)
})

test('a process that was held for longer than it waits finds what came meanwhile', async () => {
  const { clock, asked, ask } = questioned()
  const answer = ask()
  clock.pass(5_000)
  await new Promise(setImmediate)
  asked[0]?.resolve('in time')
  expect(await answer).toBe('in time')
})
