// An application's documents as graphql-codegen reads them. That this compiles
// shows that results and variables are typed.

import { graphql } from './generated/index.js';

export const productPage = graphql(`
  query TypedProduct($slug: String!) {
    product(slug: $slug) {
      id
      title
      availability {
        status
      }
      priceRange {
        min {
          minorUnits
          currencyCode
        }
      }
    }
  }
`);

export const add = graphql(`
  mutation TypedAdd($lines: [CartLineAddInput!]!) {
    cartLinesAdd(lines: $lines) {
      cart {
        totalQuantity
      }
      userErrors {
        code
        message
      }
    }
  }
`);

declare function send<Result, Variables>(document: { __apiType?: (variables: Variables) => Result }, variables: Variables): Result;

/** What a page makes of the answer: every access is checked by the compiler. */
export function show(slug: string): string {
  const { product } = send(productPage, { slug });
  // @ts-expect-error a product may be missing
  product.title.toUpperCase();
  // @ts-expect-error the variable is required
  send(productPage, {});
  // @ts-expect-error the schema has no such field
  product?.colour;
  const soldOut = product?.availability.status === 'OUT_OF_STOCK';
  // @ts-expect-error no status is called so
  if (product?.availability.status === 'LOST') return '';
  return soldOut ? 'sold out' : `${product?.title} ${product?.priceRange?.min.minorUnits ?? 0}`;
}
