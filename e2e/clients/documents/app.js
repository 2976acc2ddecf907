// An application's documents as Relay's compiler reads them.

import { graphql } from 'relay-runtime';

export const page = graphql`
  query appProductQuery($slug: String!) {
    product(slug: $slug) {
      id
      ...app_card
    }
  }
`;

export const card = graphql`
  fragment app_card on Product @refetchable(queryName: "appCardRefetchQuery") {
    title
    priceRange {
      min {
        formatted
      }
    }
  }
`;

export const orders = graphql`
  query appOrdersQuery {
    me {
      ...app_orders
    }
  }
`;

export const list = graphql`
  fragment app_orders on User @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" }) @refetchable(queryName: "appOrdersPageQuery") {
    orders(first: $count, after: $cursor) @connection(key: "app_orders") {
      edges {
        node {
          id
          number
        }
      }
    }
  }
`;

export const add = graphql`
  mutation appAddMutation($lines: [CartLineAddInput!]!) {
    cartLinesAdd(lines: $lines) {
      cart {
        id
        totalQuantity
      }
      userErrors {
        code
      }
    }
  }
`;

export const watch = graphql`
  subscription appCartSubscription($id: ID!) {
    cartChanged(cartId: $id) {
      totalQuantity
    }
  }
`;
