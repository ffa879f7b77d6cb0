"""The commands of `baocao`, a module a matter: they parse, call and print. Heavy libraries load inside them."""
