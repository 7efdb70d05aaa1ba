/**
 * Linear-chain conditional random fields over the tags of a sequence (Lafferty et al. 2001; on top of LSTMs, Huang et
 * al. 2015 and Lample et al. 2016).
 *
 *     score(y) = s[y₁] + Σ_t P[t, y_t] + Σ_t A[y_{t−1}, y_t] + e[y_n]
 *     log p(y) = score(y) − log Z,  Z = Σ_y exp score(y)
 *
 * A sequence begins in a state of its own, from which the start scores lead to the first tag that is there.
 */
import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";
import { and, concat, gather, logSumExp, oneHot, where } from "../graph/functions.ts";
import { scan } from "../graph/scan.ts";
import { equalShapes, formatShape } from "../graph/shape.ts";
import { constant, filled, type Value } from "../graph/value.ts";
import { gradients } from "../transform/gradient.ts";
import { declareWeights } from "../weights/declare.ts";
import { uniform } from "../weights/initializers.ts";
import type { LayerCall } from "./layer.ts";

const allowed = z.array(z.boolean()).readonly();

const options = z
  .strictObject({
    tags: width,
    constraint: z
      .strictObject({ start: allowed, transition: z.array(allowed).readonly(), end: allowed })
      .optional(),
  })
  .superRefine(({ tags, constraint }, { addIssue }) => {
    if (!constraint) return;
    const lengths = [constraint.start, constraint.end, constraint.transition, ...constraint.transition];
    const odd = lengths.find(({ length }) => length !== tags);
    if (odd)
      addIssue({ code: "custom", path: ["constraint"], message: `is for ${odd.length} tags, not ${tags}` });
  });

/** `constraint` says which moves are allowed (see `tagConstraint`); all others score −1e4, whatever is learned. */
export type CrfOptions = z.input<typeof options>;

/** What a forbidden move scores. */
const forbidden = -1e4;
/** What a tag that can't have been reached scores: far below what long sequences add up to. */
const unreachable = -1e30;

/**
 * A CRF with its weights "PATH.start" [tags], "PATH.transition" [tags, tags] (from the row to the column) and "PATH.end"
 * [tags]. Emissions are [time, batch, tags]; labels int32 [time, batch], 0 to tags − 1; a mask says which steps are there
 * (elsewhere labels may be anything), and a sequence without any scores 0. A graph that is given another label fails as it
 * runs; `tagIndices` finds such a label before.
 */
export interface Crf {
  readonly tags: number;
  /** log Z of each sequence: [batch]. */
  logNormalizer(emissions: Value, call?: LayerCall): Value;
  /** The score of a labeling: [batch]. */
  score(emissions: Value, labels: Value, call?: LayerCall): Value;
  /** log p(labels | emissions): [batch]. */
  logLikelihood(emissions: Value, labels: Value, call?: LayerCall): Value;
  /** The probability of each tag at each step, [time, batch, tags]; 0 where a step is not there. */
  marginals(emissions: Value, call?: LayerCall): Value;
}

/**
 * Makes a CRF. `crfDecode` finds its best tag sequences.
 *
 * ```ts
 * const chain = crf("tagger.crf", { tags: tags.length, constraint: tagConstraint("BIO", tags) });
 * const loss = mean(chain.logLikelihood(emissions, labels, { mask })).neg();
 * ```
 *
 * @throws InputError for options or shapes that make no sense
 */
export function crf(path: string, given: CrfOptions): Crf {
  const name = `crf "${path}"`;
  const { tags, constraint } = checkOptions(name, options, given);
  const small = uniform(0.1);
  const learned = declareWeights(path, {
    start: { shape: [tags], initializer: small },
    transition: { shape: [tags, tags], initializer: small },
    end: { shape: [tags], initializer: small },
  });
  const start = restricted(learned.start, constraint?.start);
  const transition = restricted(learned.transition, constraint?.transition.flat());
  // Rows are tags, and at last the beginning, from which alone a sequence without steps ends.
  const moves = concat([transition, start.unsqueeze(0)], 0); // [tags + 1, tags]
  const ends = concat([restricted(learned.end, constraint?.end), filled(0, [1])], 0); // [tags + 1]

  const logNormalizer = (emissions: Value, { mask }: LayerCall = {}) => {
    checkShapes(name, tags, emissions, mask);
    const [, batch] = emissions.shape;
    const notBegun = filled(unreachable, [batch, 1]);
    const { states } = scan({
      states: { forward: concat([filled(unreachable, [batch, tags]), filled(0, [batch, 1])], 1) },
      sequences: { emissions },
      mask,
      name,
      step({ forward }, { emissions }) {
        const reached = logSumExp(forward.unsqueeze(2).add(moves), 1).add(emissions); // [batch, tags]
        return { states: { forward: concat([reached, notBegun], 1) } };
      },
    });
    return logSumExp(states.forward.add(ends), 1);
  };

  const noRow = tags + 1; // Reading it fails, so that a label outside the tags does not pass.
  const score = (emissions: Value, labels: Value, { mask }: LayerCall = {}) => {
    checkShapes(name, tags, emissions, mask, labels);
    const [, batch] = emissions.shape;
    const { states } = scan({
      states: { score: filled(0, [batch]), before: filled(tags, [batch], "int32") },
      sequences: { emissions, label: mask ? where(mask, labels, 0) : labels },
      mask,
      name,
      step({ score, before }, { emissions, label }) {
        const all = gather(moves, before).add(emissions); // [batch, tags]
        const found = score.add(all.mul(oneHot(label, tags)).sum(1));
        return { states: { score: found, before: where(isTag(label, tags), label, noRow) } };
      },
    });
    return states.score.add(gather(ends, states.before));
  };

  return {
    tags,
    logNormalizer,
    score,
    logLikelihood: (emissions, labels, call) =>
      score(emissions, labels, call).sub(logNormalizer(emissions, call)),
    // ∂ log Z / ∂ P[t, y] is the probability of tag y at step t.
    marginals: (emissions, call) => gradients(logNormalizer(emissions, call).sum(), [emissions])[0],
  };
}

function isTag(label: Value, tags: number): Value {
  return and(label.greater(-1), label.less(tags));
}

function restricted(scores: Value, allowed: readonly boolean[] | undefined): Value {
  if (!allowed) return scores;
  const open = constant(allowed.map(Number), "bool", scores.shape as readonly number[]);
  return where(open, scores, forbidden);
}

function checkShapes(name: string, tags: number, emissions: Value, mask?: Value, labels?: Value): void {
  if (emissions.rank !== 3 || emissions.shape[2] !== tags)
    throw new InputError(
      `${name}: emissions must be [time, batch, ${tags}], not ${formatShape(emissions.shape)}`,
    );
  const steps = emissions.shape.slice(0, 2);
  const check = (what: string, value: Value | undefined, dtype: string) => {
    if (value && (value.dtype !== dtype || !equalShapes(value.shape, steps)))
      throw new InputError(
        `${name}: ${what} must be ${dtype} ${formatShape(steps)}, not ${value.dtype} ${formatShape(value.shape)}`,
      );
  };
  check("the mask", mask, "bool");
  check("labels", labels, "int32");
}
