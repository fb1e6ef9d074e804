"""Personal data: what people were told, what is kept how long, and what they may ask for (个人信息保护)."""
