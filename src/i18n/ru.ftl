### Shared by the gateway's pages and the agent

tries-left = { $count ->
    [one] Осталась { $count } попытка
    [few] Осталось { $count } попытки
   *[many] Осталось { $count } попыток
}
level-self = со слов человека
level-low = низкий
level-substantial = существенный
level-high = высокий
incident = Номер случая: { $incident }
support = Помощь: { $support }

### Refusals of an authentication token

refused-unknown = Во входе отказано.
    .next = Вернитесь на портал и попробуйте ещё раз. Если это повторится, обратитесь в поддержку и назовите номер случая.
refused-nonce_malformed = Данные для входа повредились в пути.
    .next = Вернитесь на портал и начните сначала.
refused-nonce_spent = Время на подпись вышло, или этот вход уже использован.
    .next = Вернитесь на портал и начните сначала. После ввода PIN-кода есть две минуты.
refused-origin_malformed = Адрес шлюза неверен.
    .next = Сообщите в поддержку портала.
refused-token_length = Данные с вашего компьютера имеют неверный размер.
    .next = Обновите Brama agent на этом компьютере и попробуйте ещё раз.
refused-token_malformed = Данные с вашего компьютера не читаются.
    .next = Обновите Brama agent на этом компьютере и попробуйте ещё раз.
refused-token_format = Эта версия программы входа не поддерживается.
    .next = Обновите Brama agent на этом компьютере и попробуйте ещё раз.
refused-certificate_encoding = Сертификат на вашем токене не читается.
    .next = Попросите проверить токен там, где его выдали.
refused-signature_encoding = Подпись, сделанная вашим токеном, не читается.
    .next = Выньте токен, вставьте его снова и повторите попытку.
refused-algorithm_unknown = Ваш токен подписывает способом, который этот сервис не принимает.
    .next = Выберите другой сертификат или попросите более новый токен там, где его выдали.
refused-algorithm_mismatch = Подпись не соответствует сертификату.
    .next = Выберите другой сертификат или попросите проверить токен там, где его выдали.
refused-signature_invalid = Подпись недействительна для этого сайта.
    .next = Вернитесь на портал и начните сначала. Если это повторится, не вводите PIN-код и обратитесь в поддержку.

### gateway: pages

languages = Язык
signin-title = Вход на { $portal }
signin-return = Вы вернётесь на
signin-level = Требуемый уровень доверия
signin-button = Войти с токеном
signin-hint = Brama agent на этом компьютере покажет, кто просит, и запросит PIN-код. Никогда не вводите PIN-код на странице сайта.
signin-step-waiting = Ищем Brama agent на этом компьютере
signin-step-asked = Brama agent ждёт: выберите там сертификат и введите PIN-код
signin-step-ready = Подписано. Подтвердите своё имя в открывшейся вкладке
signin-done = Вы вошли. Эту вкладку можно закрыть.
signin-gone = Этот вход завершён. Вернитесь на портал и начните сначала.
signin-cancel = Вернуться на { $host } без входа
absent-title = Ничего не произошло или новая вкладка не соединяется?
absent-intro = Значит, Brama agent на этом компьютере не запущен.
absent-start = Запустите его:
absent-doctor = Если он не запускается, пусть скажет, чего не хватает:
absent-install = Если он не установлен, спросите в поддержке портала, где его взять для вашей системы.
absent-again = Затем нажмите кнопку ещё раз. Эта страница ждёт вас полчаса.
continue-title = Это вы?
continue-issuer = Сертификат выдан
continue-level = Уровень доверия
continue-button = Продолжить: { $name }
continue-other = Это не я, или мне нужен другой сертификат
continue-shares = { $portal } получит из сертификата ваше имя, ваши номера и вашу организацию.
signout-title = Выход
signout-question = Выйти из Brama в этом браузере?
signout-button = Выйти
signout-done = Вы вышли
signout-done-next = Вкладку можно закрыть. Не забудьте свой токен.
home-title = Brama — врата
home-text = Это сервис входа на государственные порталы. Чтобы войти, начните с нужного вам портала.

### gateway: refusals

refused-transaction_unknown = Этот вход завершён или начат в другом браузере.
    .next = Вернитесь на портал и начните сначала. Файлы cookie для этого сайта должны быть разрешены.
refused-completion_foreign = Этот вход начат в другом браузере. Он отменён.
    .next = Если вы его не начинали, кто-то мог попытаться воспользоваться вашей подписью: закройте страницу и сообщите номер случая в поддержку. Если это были вы, начните снова на портале в одном браузере.
refused-completion_spent = Этот вход уже завершён.
    .next = Вернитесь на портал. Если вы там не вошли, начните сначала.
refused-not_same_origin = Ответ пришёл не с этой страницы.
    .next = Вернитесь на портал и начните сначала.
refused-handle_unknown = Две минуты на запуск Brama agent истекли, или этот запуск уже использован.
    .next = Вернитесь на страницу входа и нажмите кнопку ещё раз.
refused-ticket_unknown = Этот вход завершён.
    .next = Вернитесь на портал и начните сначала.
refused-too_many_tries = В этом входе было слишком много попыток.
    .next = Вернитесь на портал и начните сначала.
refused-level_not_reached = Этот сертификат даёт более низкий уровень доверия, чем нужен порталу.
    .next = Выберите сертификат на сертифицированном токене или спросите портал о другом способе.
refused-clock_behind = Часы сервиса неверны, поэтому сертификаты нельзя проверить.
    .next = Попробуйте позже. Если это повторится, обратитесь в поддержку и назовите номер случая.
refused-identifier_conflict = Номера из этого сертификата принадлежат в наших записях двум разным людям.
    .next = Обратитесь в поддержку и назовите номер случая. Ничего не изменено.
refused-overloaded = Сервис перегружен.
    .next = Попробуйте через несколько минут.
refused-not_found = Такой страницы здесь нет.
    .next = Начните с нужного вам портала.
refused-internal = На нашей стороне произошла ошибка.
    .next = Попробуйте позже. Если это повторится, обратитесь в поддержку и назовите номер случая.
refused-cancelled = Вы отменили вход.
    .next = Можно начать снова на портале.

### assurance: refusals

refused-proof_mismatch = Подпись сделана не тем сертификатом, который был показан.
    .next = Вернитесь на портал и начните сначала. Если это повторится, обратитесь в поддержку и назовите номер случая.
refused-identifier_ambiguous = В сертификате два разных номера одного вида, поэтому неясно, чей он.
    .next = Выберите другой сертификат или попросите новый там, где его выдали.
refused-subject_unnamed = В сертификате никто не назван.
    .next = Выберите другой сертификат или попросите новый там, где его выдали.

### oidc: refusals

refused-request_too_large = Запрос слишком велик.
    .next = Вернитесь на портал и начните сначала. Если это повторится, сообщите в поддержку портала.
refused-portal_missing = В адресе не указано, с какого портала вы пришли.
    .next = Откройте портал и нажмите кнопку входа там.
refused-portal_unknown = Этот портал здесь не зарегистрирован, поэтому войти на него нельзя.
    .next = Проверьте адрес портала. Если он верный, сообщите в поддержку портала.
refused-redirect_uri_missing = Портал не указал, куда вернуться.
    .next = Вернитесь на портал и начните сначала. Если это повторится, сообщите в поддержку портала.
refused-redirect_uri_mismatch = Адрес возврата не зарегистрирован за этим порталом. Для вашей безопасности вход остановлен.
    .next = Откройте портал, набрав его адрес самостоятельно. Если это повторится, сообщите в поддержку портала.
refused-logout_malformed = Запрос на выход противоречит сам себе.
    .next = Для безопасности закройте браузер и сообщите в поддержку портала.
refused-logout_redirect_mismatch = Адрес перехода после выхода не зарегистрирован. Вас туда не перенаправили.
    .next = Чтобы выйти, закройте браузер, и сообщите в поддержку портала.
refused-status_lapsed = Нет свежих сведений о том, действует ли ваш сертификат.
    .next = Попробуйте через несколько минут. Если не поможет, обратитесь в поддержку и назовите номер случая.
refused-identifier_missing = В вашем сертификате нет номера, по которому мы могли бы вас узнать.
    .next = Выберите другой сертификат или обратитесь туда, где его выдали.
refused-identifier_count = В вашем сертификате больше номеров, чем мы можем принять.
    .next = Выберите другой сертификат или обратитесь в поддержку и назовите номер случая.
### agent

## Screens and pages

agent-title = Запрос на вход
agent-portal-asks = { $portal } просит вас войти.
agent-return-host = После этого браузер вернётся на { $host }
agent-gateway-host = Вход проверяет { $host }
agent-level = Уровень доверия: { $level }
agent-host-warning = Внимание: { $host } записан не простыми латинскими буквами и может подделываться под другой сайт. Если вы его не знаете, отмените.
agent-choose = Введите номер сертификата для входа и нажмите Enter; Ctrl-C отменяет:
agent-no-such-number = Введите один из номеров списка; Ctrl-C отменяет:
agent-organisation = Организация: { $organisation }
agent-issued = Выдан { $issuer }, действует с { $from } по { $until }
agent-place = { $reader }, слот { $slot }
agent-unfit-unreadable = Не подходит: сертификат не читается.
agent-unfit-issuer = Здесь не подходит: этот сервис не принимает того, кто его выдал.
agent-unfit-not-yet-valid = Пока не подходит: действует с { $from }.
agent-unfit-expired = Больше не подходит: срок истёк { $until }. Получите новый там, где его выдали.
agent-unfit-key-usage = Не подходит: он не предназначен для входа.
agent-unfit-extended-key-usage = Не подходит: выдавший не предназначил его для входа.
agent-unfit-algorithm = Здесь не подходит: этот сервис не принимает его вид подписи.
agent-unfit-pin-blocked = Не подходит: PIN-код заблокирован. Разблокируйте его кодом PUK или обратитесь туда, где его выдали.
agent-unfit-refused = Только что отказано: { $reason }
agent-missing-service = Служба смарт-карт не работает. Запустите её (sudo systemctl start pcscd.socket); дальше всё пойдёт само. Ctrl-C отменяет.
agent-missing-reader = Подключите токен или считыватель карт. Ctrl-C отменяет.
agent-missing-card = Вставьте карту. Ctrl-C отменяет.
agent-missing-fit = Ни один из этих сертификатов здесь не подходит. Вставьте другой токен; Ctrl-C отменяет.
agent-missing-reading = Читаем карту…
agent-missing-in-use = Карту использует другая программа. Закройте её; Ctrl-C отменяет.
agent-missing-mute = Карта не отвечает. Выньте её и вставьте снова; Ctrl-C отменяет.
agent-missing-known = Такой вид карты Brama не знает. Вставьте другую; Ctrl-C отменяет.
agent-missing-certificate = На этой карте нет сертификата. Вставьте другую; Ctrl-C отменяет.
agent-last-try-title = Последняя попытка
agent-last-try = Осталась одна попытка. Если PIN-код снова будет неверным, токен заблокируется, и помогут только код PUK или тот, кто его выдал.
agent-last-try-question = Использовать последнюю попытку? 1 = да, 0 или Enter = нет:
agent-pin-title = Вход с PIN-кодом
agent-pin = PIN-код:
agent-progress = Подписываем и проверяем. Не вынимайте токен…
agent-done = Готово. Продолжайте в браузере.
agent-not-done = Вы не вошли.
agent-button-next = Следующий сертификат
agent-button-sign-in = Войти
agent-button-cancel = Отмена
agent-button-last-try = Последняя попытка
agent-button-back = Назад
agent-page-title = Вход не выполнен
agent-page-code = Код: { $code }
agent-page-update = Как обновить
agent-page-back = Назад на страницу входа
agent-doctor-service-absent = Служба смарт-карт pcscd не установлена.
agent-doctor-service-absent-next = Установите её: sudo apt install pcscd
agent-doctor-service-stopped = Служба смарт-карт pcscd не работает.
agent-doctor-service-stopped-next = Запустите её: sudo systemctl enable --now pcscd.socket
agent-doctor-service-running = Служба смарт-карт работает.
agent-doctor-no-reader = Не подключён ни считыватель, ни токен.
agent-doctor-no-reader-next = Подключите его; если подключён, попробуйте другой порт USB и проверьте, видит ли его lsusb.
agent-doctor-card-absent = { $reader }: нет карты.
agent-doctor-card-absent-next = Вставьте карту чипом вперёд.
agent-doctor-card-reading = { $reader }: карта читается.
agent-doctor-card-reading-next = Повторите проверку через несколько секунд.
agent-doctor-card-mute = { $reader }: карта не отвечает.
agent-doctor-card-mute-next = Выньте её, протрите контакты, вставьте снова.
agent-doctor-card-unknown = { $reader }: такой вид карты неизвестен (ATR { $atr }).
agent-doctor-card-unknown-next = Вставьте карту с приложением PIV или пришлите ATR разработчикам Brama.
agent-doctor-card-in-use = { $reader }: карту использует другая программа.
agent-doctor-card-in-use-next = Закройте программы, работающие с картами (браузеры с модулями PKCS#11, gpg --card-status), и повторите проверку.
agent-doctor-card-empty = { $reader }: на карте нет сертификата.
agent-doctor-card-empty-next = Обратитесь за сертификатом туда, где выдали карту.
agent-doctor-pin-blocked = { $reader }: PIN-код заблокирован.
agent-doctor-pin-blocked-next = Разблокируйте его кодом PUK или обратитесь туда, где выдали карту.
agent-doctor-certificate = { $owner }: сертификат действует до { $until }.
agent-doctor-certificate-expired = { $owner }: срок сертификата истёк { $until }.
agent-doctor-certificate-expired-next = Получите новый там, где его выдали.
agent-doctor-certificate-unreadable = { $reader }, слот { $slot }: сертификат не читается.
agent-doctor-certificate-unreadable-next = Попросите проверить карту там, где её выдали.
agent-doctor-port-free = Порт { $port } свободен: brama-agent не запущен.
agent-doctor-port-free-next = Запустите его: brama-agent run
agent-doctor-port-own = Порт { $port } обслуживает ваша программа, скорее всего brama-agent.
agent-doctor-port-foreign = Порт { $port } занят программой пользователя { $user }.
agent-doctor-port-foreign-next = Не входите, пока она не остановится. Спросите администратора, что это за программа: sudo ss -ltnp 'sport = :{ $port }'
agent-doctor-no-gateway = Ни один шлюз не настроен.
agent-doctor-no-gateway-next = Запишите в { $file } две строки: [[gateway]] и url = "https://the.gateway"
agent-doctor-gateways-ignored = Шлюзы из вашего файла не используются: файл администратора этого не разрешает.
agent-doctor-gateways-ignored-next = Попросите администратора добавить шлюз в { $file } или записать там allow_user_gateways = true
agent-doctor-gateway-answers = { $gateway } отвечает.
agent-doctor-gateway-unreachable = { $gateway } недоступен.
agent-doctor-gateway-unreachable-next = Проверьте сеть и адрес в { $file }. Причина: { $cause }
agent-doctor-gateway-untrusted = { $gateway } не доказывает, что он настоящий: его сертификату TLS нет доверия.
agent-doctor-gateway-untrusted-next = Не входите там. Если его центр сертификации не общеизвестный, укажите его в { $file }: ca = "file.pem". Причина: { $cause }
agent-doctor-clock-wrong = Часы этого компьютера и { $gateway } расходятся на { $seconds } с.
agent-doctor-clock-wrong-next = Настройте часы этого компьютера: sudo timedatectl set-ntp true
agent-doctor-healthy = Всё на месте.

## Refusals of the agent

refused-agent_cancelled = Вы отменили вход.
    .next = Ничего не отправлено. Чтобы войти, вернитесь на портал и начните сначала.
refused-agent_browser_left = Страница этого входа в браузере закрыта.
    .next = Ничего не отправлено. Чтобы войти, вернитесь на портал, начните сначала и не закрывайте страницу.
refused-agent_expired = Время на этот вход истекло.
    .next = Вернитесь на портал и начните сначала.
refused-agent_stopping = Brama agent остановлен.
    .next = Запустите его снова (brama-agent run), вернитесь на портал и начните сначала.
refused-agent_gateway_unreachable = Brama agent не может связаться со службой входа.
    .next = Проверьте сеть и попробуйте снова через минуту.
refused-agent_gateway_untrusted = Служба входа не смогла доказать, что она настоящая.
    .next = Не входите через эту сеть. Попробуйте другую; если не поможет, запустите brama-agent doctor и обратитесь в поддержку.
refused-agent_handle_unknown = Эта ссылка для входа устарела или уже использована.
    .next = Вернитесь на портал и нажмите кнопку ещё раз.
refused-agent_gateway_answer = Служба входа ответила непонятно для Brama agent.
    .next = Попробуйте снова через минуту. Если это повторится, обновите Brama agent или обратитесь в поддержку.
refused-agent_outdated = Эта версия Brama agent слишком старая для службы входа.
    .next = Обновите Brama agent, вернитесь на портал и начните сначала.
refused-agent_completion_foreign = Служба входа хотела отправить ваш браузер на другой сайт. Brama agent этого не разрешил.
    .next = Не пробуйте снова. Сообщите в поддержку портала.
refused-agent_prompt = Brama agent не может спросить у вас PIN-код.
    .next = Запустите его в терминале (brama-agent run) или установите программу pinentry (sudo apt install pinentry-gnome3).
refused-agent_system = Компьютеру не хватает ресурсов.
    .next = Закройте некоторые программы и попробуйте снова.
refused-agent_signature = Токен сделал недействительную подпись.
    .next = Выньте токен, вставьте его снова и повторите. Если это повторится, попросите проверить токен там, где его выдали.
refused-agent_not_navigation = Этот адрес открывается только со страницы входа.
    .next = Перейдите на портал и нажмите там кнопку входа. Если вы так и сделали, ваш браузер слишком старый: обновите его.
refused-agent_gateway_unknown = Brama agent не знает сайта, который вас сюда направил, и ничего для него не делает.
    .next = Если вы доверяете этому сайту, попросите администратора добавить его в список агента. Если вы не нажимали кнопку входа, закройте эту страницу.
refused-agent_referer_missing = Ваш браузер не говорит, с какой страницы вы пришли, поэтому Brama agent не знает, кто просит.
    .next = Вернитесь на страницу входа и нажмите кнопку там. Если вы так и сделали, разрешите браузеру или его расширениям передавать заголовок Referer.
refused-agent_referer_foreign = Другой сайт попытался начать вход от вашего имени. Brama agent ничего не сделал.
    .next = Закройте эту страницу. Чтобы войти, сами перейдите на портал и нажмите кнопку там.
refused-agent_busy = На этом компьютере уже открыт другой вход.
    .next = Завершите или отмените его в окне Brama agent, затем вернитесь и нажмите кнопку ещё раз.

### card: refusals

refused-card_service_stopped = Служба смарт-карт не работает.
    .next = Запустите её (в Debian и Ubuntu: установите пакет pcscd) и попробуйте снова.
refused-card_reader_removed = Считыватель отключён.
    .next = Подключите его снова и начните сначала.
refused-card_removed = Токен извлечён слишком рано.
    .next = Вставьте его и не вынимайте, пока не войдёте.
refused-card_changed = Теперь в считывателе другой токен.
    .next = Выберите сертификат ещё раз.
refused-card_in_use = Токен занят другой программой.
    .next = Закройте её или дождитесь, пока она закончит, и попробуйте снова.
refused-card_timeout = Токен не отвечает.
    .next = Выньте его, вставьте снова правильной стороной и попробуйте ещё раз.
refused-card_unknown = Токен такого типа Brama не знает.
    .next = Вставьте другой токен или обратитесь туда, где выдали этот.
refused-card_communication = Считыватель не смог связаться с токеном.
    .next = Вставьте его снова или попробуйте другой считыватель или порт USB.
refused-card_answer_malformed = Токен дал непонятный ответ.
    .next = Вставьте его снова. Если не поможет, обратитесь туда, где его выдали.
refused-card_answer_too_long = Токен дал больше данных, чем любой известный.
    .next = Вставьте его снова. Если не поможет, обратитесь туда, где его выдали.
refused-card_refused = Токен отказался работать.
    .next = Попробуйте снова или выберите другой сертификат. Если повторится, обратитесь туда, где выдали токен.
refused-pin_wrong = PIN-код неверен.
    .next = Проверьте и введите его снова.
refused-pin_blocked = PIN-код заблокирован: было слишком много неверных попыток.
    .next = Разблокируйте его кодом PUK или обратитесь туда, где выдали токен.
refused-pin_format = В PIN-коде от 6 до 8 цифр.
    .next = Введите его снова.
refused-pin_required = Токен ещё раз требует PIN-код.
    .next = Попробуйте снова и введите PIN-код.
refused-card_key_absent = Ключа этого сертификата на токене нет.
    .next = Выберите другой сертификат.
refused-card_key_unsupported = Этот ключ не может создать нужную подпись.
    .next = Выберите другой сертификат.
