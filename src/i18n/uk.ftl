### Shared by the gateway's pages and the agent

tries-left = { $count ->
    [one] Залишилася { $count } спроба
    [few] Залишилося { $count } спроби
   *[many] Залишилося { $count } спроб
}
level-self = зі слів особи
level-low = низький
level-substantial = середній
level-high = високий
incident = Номер випадку: { $incident }
support = Допомога: { $support }

### Refusals of an authentication token

refused-unknown = У вході відмовлено.
    .next = Поверніться на портал і спробуйте ще раз. Якщо це повториться, зверніться до служби підтримки й назвіть номер випадку.
refused-nonce_malformed = Дані для входу пошкодилися дорогою.
    .next = Поверніться на портал і почніть спочатку.
refused-nonce_spent = Час на підпис минув, або цей вхід уже використано.
    .next = Поверніться на портал і почніть спочатку. Після введення PIN-коду є дві хвилини.
refused-origin_malformed = Адреса шлюзу неправильна.
    .next = Повідомте службу підтримки порталу.
refused-token_length = Дані з вашого комп'ютера мають неправильний розмір.
    .next = Оновіть Brama agent на цьому комп'ютері й спробуйте ще раз.
refused-token_malformed = Дані з вашого комп'ютера не читаються.
    .next = Оновіть Brama agent на цьому комп'ютері й спробуйте ще раз.
refused-token_format = Ця версія програми входу не підтримується.
    .next = Оновіть Brama agent на цьому комп'ютері й спробуйте ще раз.
refused-certificate_encoding = Сертифікат на вашому токені не читається.
    .next = Попросіть перевірити токен там, де його видали.
refused-signature_encoding = Підпис, зроблений вашим токеном, не читається.
    .next = Вийміть токен, вставте його знову й повторіть спробу.
refused-algorithm_unknown = Ваш токен підписує у спосіб, який цей сервіс не приймає.
    .next = Виберіть інший сертифікат або попросіть новіший токен там, де його видали.
refused-algorithm_mismatch = Підпис не відповідає сертифікату.
    .next = Виберіть інший сертифікат або попросіть перевірити токен там, де його видали.
refused-signature_invalid = Підпис не дійсний для цього сайту.
    .next = Поверніться на портал і почніть спочатку. Якщо це повториться, не вводьте PIN-код і зверніться до служби підтримки.

### gateway: pages

languages = Мова
signin-title = Вхід на { $portal }
signin-return = Ви повернетеся на
signin-level = Потрібний рівень довіри
signin-button = Увійти з токеном
signin-hint = Brama agent на цьому комп'ютері покаже, хто просить, і запитає PIN-код. Ніколи не вводьте PIN-код на сторінці сайту.
signin-step-waiting = Шукаємо Brama agent на цьому комп'ютері
signin-step-asked = Brama agent чекає: виберіть там сертифікат і введіть PIN-код
signin-step-ready = Підписано. Підтвердьте своє ім'я у вкладці, що відкрилася
signin-done = Ви увійшли. Цю вкладку можна закрити.
signin-gone = Цей вхід завершено. Поверніться на портал і почніть спочатку.
signin-cancel = Повернутися на { $host } без входу
absent-title = Нічого не сталося або нова вкладка не з'єднується?
absent-intro = Отже, Brama agent на цьому комп'ютері не працює.
absent-start = Запустіть його:
absent-doctor = Якщо він не запускається, нехай скаже, чого бракує:
absent-install = Якщо його не встановлено, запитайте у службі підтримки порталу, де його взяти для вашої системи.
absent-again = Потім натисніть кнопку ще раз. Ця сторінка чекає на вас пів години.
continue-title = Це ви?
continue-issuer = Сертифікат видав
continue-level = Рівень довіри
continue-button = Продовжити: { $name }
continue-other = Це не я, або мені потрібен інший сертифікат
continue-shares = { $portal } отримає із сертифіката ваше ім'я, ваші номери та вашу організацію.
signout-title = Вихід
signout-question = Вийти з Brama в цьому браузері?
signout-button = Вийти
signout-done = Ви вийшли
signout-done-next = Вкладку можна закрити. Не забудьте свій токен.
home-title = Brama — брама
home-text = Це сервіс входу на державні портали. Щоб увійти, почніть із потрібного вам порталу.

### gateway: refusals

refused-transaction_unknown = Цей вхід завершено або розпочато в іншому браузері.
    .next = Поверніться на портал і почніть спочатку. Файли cookie для цього сайту мають бути дозволені.
refused-completion_foreign = Цей вхід розпочато в іншому браузері. Його скасовано.
    .next = Якщо ви його не починали, хтось міг спробувати скористатися вашим підписом: закрийте сторінку й повідомте номер випадку службі підтримки. Якщо це були ви, почніть знову на порталі в одному браузері.
refused-completion_spent = Цей вхід уже завершено.
    .next = Поверніться на портал. Якщо ви там не увійшли, почніть спочатку.
refused-not_same_origin = Відповідь надійшла не з цієї сторінки.
    .next = Поверніться на портал і почніть спочатку.
refused-handle_unknown = Дві хвилини на запуск Brama agent минули, або цей запуск уже використано.
    .next = Поверніться на сторінку входу й натисніть кнопку ще раз.
refused-ticket_unknown = Цей вхід завершено.
    .next = Поверніться на портал і почніть спочатку.
refused-too_many_tries = У цьому вході було забагато спроб.
    .next = Поверніться на портал і почніть спочатку.
refused-level_not_reached = Цей сертифікат дає нижчий рівень довіри, ніж потрібен порталу.
    .next = Виберіть сертифікат на сертифікованому токені або запитайте портал про інший спосіб.
refused-clock_behind = Годинник сервісу неправильний, тому сертифікати неможливо перевірити.
    .next = Спробуйте пізніше. Якщо це повториться, зверніться до служби підтримки й назвіть номер випадку.
refused-identifier_conflict = Номери з цього сертифіката належать у наших записах двом різним людям.
    .next = Зверніться до служби підтримки й назвіть номер випадку. Нічого не змінено.
refused-overloaded = Сервіс перевантажений.
    .next = Спробуйте за кілька хвилин.
refused-not_found = Такої сторінки тут немає.
    .next = Почніть із потрібного вам порталу.
refused-internal = На нашому боці сталася помилка.
    .next = Спробуйте пізніше. Якщо це повториться, зверніться до служби підтримки й назвіть номер випадку.
refused-cancelled = Ви скасували вхід.
    .next = Можна почати знову на порталі.

### assurance: refusals

refused-proof_mismatch = Підпис зроблено не тим сертифікатом, який було показано.
    .next = Поверніться на портал і почніть спочатку. Якщо це повториться, зверніться до служби підтримки й назвіть номер випадку.
refused-identifier_ambiguous = У сертифікаті два різні номери одного виду, тому незрозуміло, чий він.
    .next = Виберіть інший сертифікат або попросіть новий там, де його видали.
refused-subject_unnamed = У сертифікаті нікого не названо.
    .next = Виберіть інший сертифікат або попросіть новий там, де його видали.

### oidc: refusals

refused-request_too_large = Запит завеликий.
    .next = Поверніться на портал і почніть спочатку. Якщо це повториться, повідомте службу підтримки порталу.
refused-portal_missing = В адресі не вказано, з якого порталу ви прийшли.
    .next = Відкрийте портал і натисніть кнопку входу там.
refused-portal_unknown = Цей портал тут не зареєстрований, тому увійти на нього не можна.
    .next = Перевірте адресу порталу. Якщо вона правильна, повідомте службу підтримки порталу.
refused-redirect_uri_missing = Портал не вказав, куди повернутися.
    .next = Поверніться на портал і почніть спочатку. Якщо це повториться, повідомте службу підтримки порталу.
refused-redirect_uri_mismatch = Адреса повернення не зареєстрована за цим порталом. Для вашої безпеки вхід зупинено.
    .next = Відкрийте портал, набравши його адресу самостійно. Якщо це повториться, повідомте службу підтримки порталу.
refused-logout_malformed = Запит на вихід суперечить сам собі.
    .next = Для безпеки закрийте браузер і повідомте службу підтримки порталу.
refused-logout_redirect_mismatch = Адреса переходу після виходу не зареєстрована. Вас туди не перенаправлено.
    .next = Щоб вийти, закрийте браузер, і повідомте службу підтримки порталу.
refused-status_lapsed = Немає свіжих відомостей про чинність вашого сертифіката.
    .next = Спробуйте за кілька хвилин. Якщо не допоможе, зверніться до служби підтримки й назвіть номер випадку.
refused-identifier_missing = У вашому сертифікаті немає номера, за яким ми могли б вас упізнати.
    .next = Виберіть інший сертифікат або зверніться туди, де його видали.
refused-identifier_count = У вашому сертифікаті більше номерів, ніж ми можемо прийняти.
    .next = Виберіть інший сертифікат або зверніться до служби підтримки й назвіть номер випадку.
### agent

## Screens and pages

agent-title = Запит на вхід
agent-portal-asks = { $portal } просить вас увійти.
agent-return-host = Після цього браузер повернеться на { $host }
agent-gateway-host = Вхід перевіряє { $host }
agent-level = Рівень довіри: { $level }
agent-host-warning = Увага: { $host } записано не простими латинськими літерами, і це може бути підробка іншого сайту. Якщо ви його не знаєте, скасуйте.
agent-choose = Введіть номер сертифіката для входу та натисніть Enter; Ctrl-C скасовує:
agent-no-such-number = Введіть один із номерів списку; Ctrl-C скасовує:
agent-organisation = Організація: { $organisation }
agent-issued = Видав { $issuer }, чинний з { $from } до { $until }
agent-place = { $reader }, слот { $slot }
agent-unfit-unreadable = Не підходить: сертифікат не читається.
agent-unfit-issuer = Тут не підходить: цей сервіс не приймає того, хто його видав.
agent-unfit-not-yet-valid = Поки не підходить: чинний з { $from }.
agent-unfit-expired = Більше не підходить: строк дії закінчився { $until }. Отримайте новий там, де його видали.
agent-unfit-key-usage = Не підходить: він не призначений для входу.
agent-unfit-extended-key-usage = Не підходить: той, хто його видав, не призначив його для входу.
agent-unfit-algorithm = Тут не підходить: цей сервіс не приймає його вид підпису.
agent-unfit-pin-blocked = Не підходить: PIN-код заблоковано. Розблокуйте його кодом PUK або зверніться туди, де його видали.
agent-unfit-refused = Щойно відмовлено: { $reason }
agent-missing-service = Служба смарт-карток не працює. Запустіть її (sudo systemctl start pcscd.socket); далі все піде саме. Ctrl-C скасовує.
agent-missing-reader = Під'єднайте токен або зчитувач карток. Ctrl-C скасовує.
agent-missing-card = Вставте картку. Ctrl-C скасовує.
agent-missing-fit = Жоден із цих сертифікатів тут не підходить. Вставте інший токен; Ctrl-C скасовує.
agent-missing-reading = Читаємо картку…
agent-missing-in-use = Картку використовує інша програма. Закрийте її; Ctrl-C скасовує.
agent-missing-mute = Картка не відповідає. Вийміть її та вставте знову; Ctrl-C скасовує.
agent-missing-known = Такий вид картки Brama не знає. Вставте іншу; Ctrl-C скасовує.
agent-missing-certificate = На цій картці немає сертифіката. Вставте іншу; Ctrl-C скасовує.
agent-last-try-title = Остання спроба
agent-last-try = Залишилася одна спроба. Якщо PIN-код знову буде неправильний, токен заблокується, і допоможуть лише код PUK або той, хто його видав.
agent-last-try-question = Використати останню спробу? 1 = так, 0 або Enter = ні:
agent-pin-title = Вхід з PIN-кодом
agent-pin = PIN-код:
agent-progress = Підписуємо й перевіряємо. Не виймайте токен…
agent-done = Готово. Продовжуйте в браузері.
agent-not-done = Ви не увійшли.
agent-button-next = Наступний сертифікат
agent-button-sign-in = Увійти
agent-button-cancel = Скасувати
agent-button-last-try = Остання спроба
agent-button-back = Назад
agent-page-title = Вхід не відбувся
agent-page-code = Код: { $code }
agent-page-update = Як оновити
agent-page-back = Назад на сторінку входу
agent-doctor-service-absent = Службу смарт-карток pcscd не встановлено.
agent-doctor-service-absent-next = Встановіть її: sudo apt install pcscd
agent-doctor-service-stopped = Служба смарт-карток pcscd не працює.
agent-doctor-service-stopped-next = Запустіть її: sudo systemctl enable --now pcscd.socket
agent-doctor-service-running = Служба смарт-карток працює.
agent-doctor-no-reader = Не під'єднано ні зчитувача, ні токена.
agent-doctor-no-reader-next = Під'єднайте його; якщо під'єднано, спробуйте інший порт USB і перевірте, чи бачить його lsusb.
agent-doctor-card-absent = { $reader }: немає картки.
agent-doctor-card-absent-next = Вставте картку чипом уперед.
agent-doctor-card-reading = { $reader }: картка читається.
agent-doctor-card-reading-next = Повторіть перевірку за кілька секунд.
agent-doctor-card-mute = { $reader }: картка не відповідає.
agent-doctor-card-mute-next = Вийміть її, протріть контакти, вставте знову.
agent-doctor-card-unknown = { $reader }: такий вид картки невідомий (ATR { $atr }).
agent-doctor-card-unknown-next = Вставте картку із застосунком PIV або надішліть ATR розробникам Brama.
agent-doctor-card-in-use = { $reader }: картку використовує інша програма.
agent-doctor-card-in-use-next = Закрийте програми, що працюють з картками (браузери з модулями PKCS#11, gpg --card-status), і повторіть перевірку.
agent-doctor-card-empty = { $reader }: на картці немає сертифіката.
agent-doctor-card-empty-next = Зверніться по сертифікат туди, де видали картку.
agent-doctor-pin-blocked = { $reader }: PIN-код заблоковано.
agent-doctor-pin-blocked-next = Розблокуйте його кодом PUK або зверніться туди, де видали картку.
agent-doctor-certificate = { $owner }: сертифікат чинний до { $until }.
agent-doctor-certificate-expired = { $owner }: строк дії сертифіката закінчився { $until }.
agent-doctor-certificate-expired-next = Отримайте новий там, де його видали.
agent-doctor-certificate-unreadable = { $reader }, слот { $slot }: сертифікат не читається.
agent-doctor-certificate-unreadable-next = Попросіть перевірити картку там, де її видали.
agent-doctor-port-free = Порт { $port } вільний: brama-agent не запущено.
agent-doctor-port-free-next = Запустіть його: brama-agent run
agent-doctor-port-own = Порт { $port } обслуговує ваша програма, найімовірніше brama-agent.
agent-doctor-port-foreign = Порт { $port } зайнято програмою користувача { $user }.
agent-doctor-port-foreign-next = Не входьте, поки вона не зупиниться. Запитайте адміністратора, що це за програма: sudo ss -ltnp 'sport = :{ $port }'
agent-doctor-no-gateway = Жодного шлюзу не налаштовано.
agent-doctor-no-gateway-next = Запишіть у { $file } два рядки: [[gateway]] і url = "https://the.gateway"
agent-doctor-gateways-ignored = Шлюзи з вашого файлу не використовуються: файл адміністратора цього не дозволяє.
agent-doctor-gateways-ignored-next = Попросіть адміністратора додати шлюз до { $file } або записати там allow_user_gateways = true
agent-doctor-gateway-answers = { $gateway } відповідає.
agent-doctor-gateway-unreachable = { $gateway } недоступний.
agent-doctor-gateway-unreachable-next = Перевірте мережу та адресу в { $file }. Причина: { $cause }
agent-doctor-gateway-untrusted = { $gateway } не доводить, що він справжній: його сертифікату TLS немає довіри.
agent-doctor-gateway-untrusted-next = Не входьте там. Якщо його центр сертифікації не загальновідомий, вкажіть його в { $file }: ca = "file.pem". Причина: { $cause }
agent-doctor-clock-wrong = Годинники цього комп'ютера та { $gateway } розходяться на { $seconds } с.
agent-doctor-clock-wrong-next = Налаштуйте годинник цього комп'ютера: sudo timedatectl set-ntp true
agent-doctor-healthy = Усе на місці.

## Refusals of the agent

refused-agent_cancelled = Ви скасували вхід.
    .next = Нічого не надіслано. Щоб увійти, поверніться на портал і почніть спочатку.
refused-agent_browser_left = Сторінку цього входу в браузері закрито.
    .next = Нічого не надіслано. Щоб увійти, поверніться на портал, почніть спочатку й не закривайте сторінку.
refused-agent_expired = Час на цей вхід вичерпано.
    .next = Поверніться на портал і почніть спочатку.
refused-agent_stopping = Brama agent зупинено.
    .next = Запустіть його знову (brama-agent run), поверніться на портал і почніть спочатку.
refused-agent_gateway_unreachable = Brama agent не може з'єднатися зі службою входу.
    .next = Перевірте мережу та спробуйте знову за хвилину.
refused-agent_gateway_untrusted = Служба входу не змогла довести, що вона справжня.
    .next = Не входьте через цю мережу. Спробуйте іншу; якщо не допоможе, запустіть brama-agent doctor і зверніться до підтримки.
refused-agent_handle_unknown = Це посилання для входу застаріло або вже використане.
    .next = Поверніться на портал і натисніть кнопку ще раз.
refused-agent_gateway_answer = Служба входу відповіла незрозуміло для Brama agent.
    .next = Спробуйте знову за хвилину. Якщо це повториться, оновіть Brama agent або зверніться до підтримки.
refused-agent_outdated = Ця версія Brama agent застара для служби входу.
    .next = Оновіть Brama agent, поверніться на портал і почніть спочатку.
refused-agent_completion_foreign = Служба входу хотіла відправити ваш браузер на інший сайт. Brama agent цього не дозволив.
    .next = Не пробуйте знову. Повідомте підтримку порталу.
refused-agent_prompt = Brama agent не має як запитати у вас PIN-код.
    .next = Запустіть його в терміналі (brama-agent run) або встановіть програму pinentry (sudo apt install pinentry-gnome3).
refused-agent_system = Комп'ютеру бракує ресурсів.
    .next = Закрийте деякі програми та спробуйте знову.
refused-agent_signature = Токен зробив недійсний підпис.
    .next = Вийміть токен, вставте його знову та повторіть. Якщо це повториться, попросіть перевірити токен там, де його видали.
refused-agent_not_navigation = Ця адреса відкривається лише зі сторінки входу.
    .next = Перейдіть на портал і натисніть там кнопку входу. Якщо ви так і зробили, ваш браузер застарий: оновіть його.
refused-agent_gateway_unknown = Brama agent не знає сайту, який вас сюди спрямував, і нічого для нього не робить.
    .next = Якщо ви довіряєте цьому сайту, попросіть адміністратора додати його до списку агента. Якщо ви не натискали кнопку входу, закрийте цю сторінку.
refused-agent_referer_missing = Ваш браузер не каже, з якої сторінки ви прийшли, тому Brama agent не знає, хто просить.
    .next = Поверніться на сторінку входу й натисніть кнопку там. Якщо ви так і зробили, дозвольте браузеру або його розширенням передавати заголовок Referer.
refused-agent_referer_foreign = Інший сайт спробував почати вхід від вашого імені. Brama agent нічого не зробив.
    .next = Закрийте цю сторінку. Щоб увійти, самі перейдіть на портал і натисніть кнопку там.
refused-agent_busy = На цьому комп'ютері вже відкрито інший вхід.
    .next = Завершіть або скасуйте його у вікні Brama agent, потім поверніться й натисніть кнопку ще раз.

### card: refusals

refused-card_service_stopped = Служба смарт-карток не працює.
    .next = Запустіть її (у Debian та Ubuntu: встановіть пакет pcscd) і спробуйте ще раз.
refused-card_reader_removed = Зчитувач від'єднано.
    .next = Під'єднайте його знову й почніть спочатку.
refused-card_removed = Токен вийнято зарано.
    .next = Вставте його й не виймайте, доки не ввійдете.
refused-card_changed = Тепер у зчитувачі інший токен.
    .next = Виберіть сертифікат ще раз.
refused-card_in_use = Токен зайнятий іншою програмою.
    .next = Закрийте її або дочекайтеся, доки вона завершить, і спробуйте ще раз.
refused-card_timeout = Токен не відповідає.
    .next = Вийміть його, вставте знову правильним боком і спробуйте ще раз.
refused-card_unknown = Токен такого типу Brama не знає.
    .next = Вставте інший токен або зверніться туди, де видали цей.
refused-card_communication = Зчитувач не зміг зв'язатися з токеном.
    .next = Вставте його знову або спробуйте інший зчитувач чи порт USB.
refused-card_answer_malformed = Токен дав незрозумілу відповідь.
    .next = Вставте його знову. Якщо не допоможе, зверніться туди, де його видали.
refused-card_answer_too_long = Токен дав більше даних, ніж будь-який відомий.
    .next = Вставте його знову. Якщо не допоможе, зверніться туди, де його видали.
refused-card_refused = Токен відмовився працювати.
    .next = Спробуйте ще раз або виберіть інший сертифікат. Якщо повториться, зверніться туди, де видали токен.
refused-pin_wrong = Неправильний PIN-код.
    .next = Перевірте й уведіть його ще раз.
refused-pin_blocked = PIN-код заблоковано: було забагато неправильних спроб.
    .next = Розблокуйте його кодом PUK або зверніться туди, де видали токен.
refused-pin_format = PIN-код має від 6 до 8 цифр.
    .next = Уведіть його ще раз.
refused-pin_required = Токен ще раз вимагає PIN-код.
    .next = Спробуйте знову й уведіть PIN-код.
refused-card_key_absent = Ключа цього сертифіката на токені немає.
    .next = Виберіть інший сертифікат.
refused-card_key_unsupported = Цей ключ не може створити потрібний підпис.
    .next = Виберіть інший сертифікат.
