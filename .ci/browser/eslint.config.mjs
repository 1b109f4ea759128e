// What eslint looks for in the browser's code. Layout is prettier's, names and types are tsc's.
import { createRequire } from "node:module";

// The tools are in the user's cache (npm_clients.py), not in this clone: found from eslint itself.
const js = createRequire(process.argv[1])("@eslint/js");

export default [
  {
    files: ["src/hubbub/web/**/*.js", "tests/web/*.mjs"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...js.configs.recommended.rules,
      "no-undef": "off", // tsc knows the names of each environment
      "no-control-regex": "off", // IRC formats with control characters
      "no-empty-character-class": "off", // [^] is any character
      "no-misleading-character-class": "off", // accents are looked for by themselves
      "array-callback-return": "error",
      eqeqeq: "error",
      "no-else-return": "error",
      "no-implicit-coercion": ["error", { allow: ["+"] }],
      "no-self-compare": "error",
      "no-shadow": "error",
      "no-template-curly-in-string": "error",
      "no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "no-unneeded-ternary": "error",
      "no-unreachable-loop": "error",
      "no-useless-rename": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-object-has-own": "error",
      "prefer-template": "error",
    },
  },
];
