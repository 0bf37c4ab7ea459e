/** Texts of monitors in our sentences: isolated, so that no direction and no length of theirs moves ours. */
import type { ConditionView, Words } from '#view'
import { Age } from './age.tsx'

/** A sentence made of pieces; its ages go on counting. */
export function Sentence({ words }: { readonly words: readonly Words[] }) {
  return (
    <>
      {words.map((word, index) => {
        if (!('text' in word)) {
          return <Age key={index} at={word.since} form={word.precise === true ? 'precise' : 'lasting'} />
        }
        if ('link' in word && word.link.startsWith('#/')) {
          return (
            <a key={index} href={word.link}>
              <bdi>{word.text}</bdi>
            </a>
          )
        }
        // Our words and a monitor's are one piece here; ours run from left to right.
        return (
          <bdi key={index} dir="ltr">
            {word.text}
          </bdi>
        )
      })}
    </>
  )
}

/** Where a long code may be broken: between the humps of CamelCase and after punctuation. */
const SEAM = /(?<=[a-z0-9])(?=[A-Z])|(?<=[:/._-])(?=[A-Za-z0-9])/

/** Shortest code that is wider than its column might be. */
const LONG = 14

/** A type, reason or entity: copied as it is, broken only at its seams. */
export function Code({ text }: { readonly text: string }) {
  if (text.length < LONG) return <bdi>{text}</bdi>
  return <bdi>{text.split(SEAM).flatMap((part, index) => (index === 0 ? [part] : [<wbr key={index} />, part]))}</bdi>
}

/** Longest message that is no more than a few lines of its column. */
const FEW_LINES = 1024

/**
 * A message. One that has lines of its own, as a log or a trace, stands whole as it was written, in a place that is as high as a
 * few of them and is scrolled, by keyboard too.
 */
export function Message({ text }: { readonly text: string }) {
  if (!text.includes('\n') && text.length <= FEW_LINES) return <bdi>{text}</bdi>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled has to be reached without a mouse
    <pre class="lines" tabIndex={0}>
      <bdi>{text}</bdi>
    </pre>
  )
}

interface AboutProps {
  readonly thing: Pick<ConditionView, 'entity' | 'subject'>
  /** Somebody may see it: a code is broken at its seams. */
  readonly near: boolean
}

/** What something is about, as people call it; a name that stands in place of the entity has that in its title. */
export function About({ thing: { entity, subject }, near }: AboutProps) {
  if (subject !== undefined) return <bdi title={entity === '' ? undefined : entity}>{subject}</bdi>
  if (entity === '') return 'node'
  return near ? <Code text={entity} /> : entity
}
