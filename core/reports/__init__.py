"""Service reports (服务报告单): what stands in them, and what becomes of them."""
