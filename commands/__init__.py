"""The commands of `anbudsvakt`, one module for each part of the route."""
