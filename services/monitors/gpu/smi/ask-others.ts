/** One that the driver lost keeps all others from answering: they are asked by their places. */
import type { LostGpu, QueryAnswer } from './query-answer.ts'

/** Who is asked, and how. */
export interface OthersAround {
  /** Places of all that may be there; the first of these that leads to an answer. */
  readonly ways: () => Promise<readonly (readonly string[])[]>
  readonly ask: (places: readonly string[]) => Promise<QueryAnswer>
}

/** For whom it gave up; undefined: for nobody, or it does not say. */
function lostIn(answer: QueryAnswer): LostGpu | undefined {
  if (answer.kind !== 'failed' || answer.failure.kind !== 'lost' || answer.failure.place === undefined) return undefined
  return { place: answer.failure.place, said: answer.said }
}

type Failed = Extract<QueryAnswer, { readonly kind: 'failed' }>

/** Of those places, without each for which it gives up; undefined: that is no way to an answer. */
async function askWithout(
  among: readonly string[],
  answer: Failed,
  ask: OthersAround['ask'],
): Promise<QueryAnswer | undefined> {
  let { tookMs } = answer
  const lost: LostGpu[] = []
  for (let given: QueryAnswer = answer; ; ) {
    const gone = lostIn(given)
    if (gone === undefined || lost.some(({ place }) => place === gone.place)) return undefined
    lost.push(gone)
    const others = among.filter((one) => !lost.some(({ place }) => place === one))
    if (others.length === 0) return { ...answer, tookMs, lost }
    given = await ask(others)
    if ('tookMs' in given) tookMs += given.tookMs
    if (given.kind === 'rows') return given.answer.rows.length === 0 ? undefined : { ...given, tookMs, lost }
  }
}

/** The others' rows with those that are lost, each as it was told; what is no such answer stays as it is. */
export async function askOthers(answer: QueryAnswer, { ways, ask }: OthersAround): Promise<QueryAnswer> {
  if (answer.kind !== 'failed' || lostIn(answer) === undefined) return answer
  for (const among of await ways()) {
    const rest = among.length === 0 ? undefined : await askWithout(among, answer, ask)
    if (rest !== undefined) return rest
  }
  return answer
}
