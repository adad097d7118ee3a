"""Parts of the method page 指数方法: what a score means, how it is made, what would be under other weights."""
