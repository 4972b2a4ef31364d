/** The field of edwards25519: -x² + y² = 1 + d·x²·y² over 2^255 - 19 (RFC 8032 §5.1). */
const P = 2n ** 255n - 19n;
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;
/** y of the points of order eight; with 0, 1 and -1 they are all points of small order. */
const Y_OF_ORDER_EIGHT = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/**
 * True when 32 bytes are the canonical encoding of a point of the curve whose order is large. A key of small
 * order has signatures that hold for nearly any message, and OpenSSL takes such keys as they come.
 */
export function isSoundEd25519Key(encoded: Uint8Array): boolean {
  if (encoded.length !== 32) return false;
  let number = 0n;
  for (let at = 31; at >= 0; at -= 1) number = (number << 8n) | BigInt(encoded[at] as number);
  const y = number & (2n ** 255n - 1n);
  if (y >= P) return false;
  if (y === 0n || y === 1n || y === P - 1n || y === Y_OF_ORDER_EIGHT || y === P - Y_OF_ORDER_EIGHT) return false;
  // x² = (y² - 1) / (d·y² + 1); a quotient is a square exactly when the product is (Euler's criterion).
  const ySquared = (y * y) % P;
  return power(((ySquared + P - 1n) * (D * ySquared + 1n)) % P, (P - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let factor = base, rest = exponent; rest > 0n; rest >>= 1n, factor = (factor * factor) % P) {
    if ((rest & 1n) === 1n) result = (result * factor) % P;
  }
  return result;
}
