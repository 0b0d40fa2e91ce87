/**
 * Eigenvalues and eigenvectors of a real symmetric matrix in double precision: Householder's reduction to a
 * tridiagonal matrix, then implicit QR with Wilkinson's shift (Golub & Van Loan, Matrix Computations, 8.3).
 *
 * Without vectors a matrix of 64 takes about 1 ms, so that a bootstrap can afford hundreds.
 */

/** A = sum of values[i] * vectors[i] vectors[i]'; row i of `vectors` [n, n] belongs to values[i]. Unsorted. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Decomposes a symmetric matrix [n, n], of which it reads both triangles and changes none. */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  return { values: diagonalise(matrix, n, vectors), vectors };
}

/** The eigenvalues alone, at a fifth of the time. */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  return diagonalise(matrix, n, undefined);
}

/** The symmetric square root V sqrt(L) V' of a positive semidefinite matrix; rounding below zero counts as 0. */
export function symmetricSquareRoot(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const root = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const scale = Math.sqrt(Math.max(0, values[k]));
    for (let i = 0; i < n; i++) {
      const factor = scale * vectors[k * n + i];
      for (let j = 0; j < n; j++) root[i * n + j] += factor * vectors[k * n + j];
    }
  }
  return root;
}

/** Turns `vectors` (rows, an identity at first; may be absent) into eigenvectors, returns the eigenvalues. */
function diagonalise(
  matrix: Float64Array,
  n: number,
  vectors: Float64Array | undefined,
): Float64Array {
  // Scaled to a largest element of 1: squares neither overflow nor underflow, and rounding is EPSILON.
  const size = matrix.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
  const a = matrix.map((x) => x / size);
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(Math.max(0, n - 1));
  for (let k = 0; k < n - 2; k++) beside[k] = reflectColumn(a, n, k, vectors);
  if (n > 1) beside[n - 2] = a[(n - 1) * n + n - 2];
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i];
  iterate(diagonal, beside, vectors);
  return diagonal.map((x) => x * size);
}

/**
 * Makes column k zero below the first element beside the diagonal, by H A H with H = I - b v v', and returns
 * that element. A column that is mere rounding, as in a matrix of low rank, counts as zero already.
 *
 *     H A H = A - v w' - w v'    with w = p - (b v'p / 2) v, p = b A v
 */
function reflectColumn(
  a: Float64Array,
  n: number,
  k: number,
  vectors?: Float64Array,
): number {
  const size = n - k - 1;
  const v = new Float64Array(size);
  for (let i = 0; i < size; i++) v[i] = a[(k + 1 + i) * n + k];
  const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  if (length <= Number.EPSILON) return 0;
  const alpha = v[0] > 0 ? -length : length;
  v[0] -= alpha;
  const b = 2 / v.reduce((sum, x) => sum + x * x, 0);

  const w = new Float64Array(size);
  let inner = 0;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += a[(k + 1 + i) * n + k + 1 + j] * v[j];
    w[i] = b * sum;
    inner += w[i] * v[i];
  }
  for (let i = 0; i < size; i++) w[i] -= 0.5 * b * inner * v[i];
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) a[(k + 1 + i) * n + k + 1 + j] -= v[i] * w[j] + w[i] * v[j];
  }
  if (vectors) reflectRows(vectors, n, k + 1, v, b);
  return alpha;
}

/** Rows from `first` on: V <- (I - b v v') V. */
function reflectRows(
  vectors: Float64Array,
  n: number,
  first: number,
  v: Float64Array,
  b: number,
): void {
  const sums = new Float64Array(n);
  for (let i = 0; i < v.length; i++) {
    for (let j = 0; j < n; j++) sums[j] += v[i] * vectors[(first + i) * n + j];
  }
  for (let i = 0; i < v.length; i++) {
    const factor = b * v[i];
    for (let j = 0; j < n; j++) vectors[(first + i) * n + j] -= factor * sums[j];
  }
}

/**
 * Drives the elements beside the diagonal to zero; two to three sweeps per eigenvalue are usual. Zero means
 * below rounding of the whole matrix, not of the neighbours: in a matrix of low rank those are rounding too.
 */
function iterate(d: Float64Array, e: Float64Array, vectors: Float64Array | undefined): void {
  const n = d.length;
  const norm = d.reduce((most, x, i) => Math.max(most, Math.abs(x) + Math.abs(e[i] ?? 0)), 0);
  const negligible = Number.EPSILON * norm;
  let high = n - 1;
  for (let sweep = 0; high > 0; sweep++) {
    if (sweep > 60 * n) {
      throw new Error(`no eigenvalues of a ${n} x ${n} matrix after ${sweep} sweeps`);
    }
    if (Math.abs(e[high - 1]) <= negligible) {
      high--;
      continue;
    }
    let low = high - 1;
    while (low > 0 && Math.abs(e[low - 1]) > negligible) low--;
    chase(d, e, low, high, vectors);
  }
}

/** One implicit QR step on rows low..high: a rotation starts a bulge at the top, the others chase it out. */
function chase(
  d: Float64Array,
  e: Float64Array,
  low: number,
  high: number,
  vectors?: Float64Array,
): void {
  const n = d.length;
  const delta = (d[high - 1] - d[high]) / 2;
  const root = Math.hypot(delta, e[high - 1]);
  const shift = d[high] - e[high - 1] ** 2 / (delta + (delta < 0 ? -root : root));
  let x = d[low] - shift;
  let z = e[low];
  for (let k = low; k < high; k++) {
    const r = Math.hypot(x, z);
    const [c, s] = r === 0 ? [1, 0] : [x / r, z / r];
    if (k > low) e[k - 1] = r;
    const [p, q, t] = [d[k], e[k], d[k + 1]];
    d[k] = c * c * p + 2 * c * s * q + s * s * t;
    d[k + 1] = s * s * p - 2 * c * s * q + c * c * t;
    e[k] = c * s * (t - p) + (c * c - s * s) * q;
    x = e[k];
    if (k < high - 1) [z, e[k + 1]] = [s * e[k + 1], c * e[k + 1]];
    if (vectors) rotateRows(vectors, n, k, c, s);
  }
}

function rotateRows(vectors: Float64Array, n: number, k: number, c: number, s: number): void {
  for (let j = k * n; j < (k + 1) * n; j++) {
    const [upper, lower] = [vectors[j], vectors[j + n]];
    vectors[j] = c * upper + s * lower;
    vectors[j + n] = c * lower - s * upper;
  }
}
